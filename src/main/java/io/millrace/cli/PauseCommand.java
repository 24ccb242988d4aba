package io.millrace.cli;

import io.millrace.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pause RUN}. */
@Command(
    name = "pause",
    description = "Start no new step of a run until it is resumed; steps at work end.")
final class PauseCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "RUN")
  String run;

  @Override
  public void run() {
    var answer =
        connection.api().post("/api/v1/runs/" + Api.segment(run) + "/pause", Json.object());
    connection.print(
        answer,
        () -> System.out.printf("run %s is paused; go on with: millrace resume %s%n", run, run));
  }
}
