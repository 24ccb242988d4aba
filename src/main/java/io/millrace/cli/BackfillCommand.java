package io.millrace.cli;

import io.millrace.base.Json;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backfill PIPELINE}. */
@Command(name = "backfill", description = "Run a pipeline for each date of a span.")
final class BackfillCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline's name.")
  String pipeline;

  @Option(
      names = "--param",
      paramLabel = "NAME",
      required = true,
      description = "The parameter that gets the dates.")
  String param;

  @Option(names = "--from", paramLabel = "DATE", required = true, description = "The first date.")
  String from;

  @Option(
      names = "--to",
      paramLabel = "DATE",
      required = true,
      description = "The last date that there may be.")
  String to;

  @Option(
      names = "--every",
      paramLabel = "STEP",
      defaultValue = "1d",
      description = "From one date to the next: 1d, 2w, 1mo, 1y (default: ${DEFAULT-VALUE}).")
  String every;

  @Option(
      names = "--at-once",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many of the runs may go on at once (default: ${DEFAULT-VALUE}).")
  int atOnce;

  @Option(
      names = "--with",
      paramLabel = "NAME=VALUE",
      description = "Another parameter, the same for all; may be repeated.")
  List<String> with = List.of();

  @Option(names = "--dry-run", description = "Only print the dates.")
  boolean dryRun;

  @Override
  public void run() {
    var body =
        Json.object()
            .put("param", param)
            .put("from", from)
            .put("to", to)
            .put("every", every)
            .put("at_once", atOnce)
            .put("dry_run", dryRun);
    body.set("params", RunCommand.body("--with", with, true).path("params"));
    var answer =
        connection.api().post("/api/v1/pipelines/" + Api.segment(pipeline) + "/backfill", body);
    connection.print(
        answer,
        () -> {
          if (dryRun) answer.path("dates").forEach(date -> System.out.println(date.asText()));
          else
            System.out.printf(
                "%d runs will start, %d at once; see them with: millrace trigger firings %s%n",
                answer.path("dates").size(), atOnce, pipeline);
        });
  }
}
