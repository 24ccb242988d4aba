package io.millrace.cli;

import io.millrace.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code approve RUN STEP}. */
@Command(
    name = "approve",
    description = "Approve or reject what a step of a run waits for; it is kept who did.")
final class ApproveCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(index = "0", paramLabel = "RUN")
  String run;

  @Parameters(index = "1", paramLabel = "STEP")
  String step;

  @Option(names = "--reject", description = "Reject it.")
  boolean reject;

  @Option(names = "--comment", paramLabel = "TEXT", description = "Why; kept and shown.")
  String comment = "";

  @Override
  public void run() {
    var answer =
        connection
            .api()
            .post(
                "/api/v1/approvals/" + Api.segment(run) + "/" + Api.segment(step),
                Json.object().put("approve", !reject).put("comment", comment));
    connection.print(
        answer,
        () ->
            System.out.printf(
                "%s of run %s is %s by %s%n",
                step, run, reject ? "rejected" : "approved", answer.path("decided_by").asText()));
  }
}
