package io.millrace.cli;

import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code experiment export}. */
@Command(
    name = "export",
    description = {
      "Write an experiment's runs as a Parquet file, one row a run;",
      "with --metrics one row a value that any of them noted."
    })
final class RunExport implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "EXPERIMENT", description = "Its name, or its id.")
  String name;

  @Option(
      names = "--out",
      paramLabel = "FILE.parquet",
      required = true,
      description = "Where to write; what is there is replaced.")
  Path out;

  @Option(names = "--metrics", description = "The whole history of the metrics.")
  boolean metrics;

  @Option(names = "--filter", paramLabel = "TEXT", description = "Only the runs that meet it.")
  @Nullable String filter;

  @Option(
      names = "--columns",
      paramLabel = "NAMES",
      description = "Such as metrics.auc,params.eta (default: all).")
  @Nullable String columns;

  @Override
  public void run() {
    var folder = out.toAbsolutePath().getParent();
    if (Files.isDirectory(out) || folder == null || !Files.isDirectory(folder))
      throw new WrongUsage("--out", out.toString(), "a file in a folder that is there");
    if (metrics && columns != null)
      throw new WrongUsage("--columns", columns, "none beside --metrics, which has its own");
    var body = Json.object();
    if (filter != null) body.put("filter", filter);
    if (columns != null)
      body.set("columns", Json.tree(List.of(columns.strip().split("\\s*,\\s*"))));
    long bytes =
        connection
            .api()
            .download(
                ExperimentCommand.experiment(name) + "/export" + (metrics ? "/metrics" : ""),
                body,
                out);
    connection.print(
        Json.object().put("file", out.toString()).put("bytes", bytes),
        () -> System.out.printf(Locale.ROOT, "wrote %s (%,d bytes)%n", out, bytes));
  }
}
