package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code impact NODE}. */
@Command(
    name = "impact",
    description = "What a change of something would make run, and what stands on that.")
final class ImpactCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(
      paramLabel = "NODE",
      description =
          "dataset:NAME, column:DATASET.COLUMN, param:PIPELINE.NAME, component:NAME, step:PIPELINE.STEP, file:PROJECT/PATH or library:program.")
  String node;

  @Override
  public void run() {
    var answer = connection.api().get("/api/v1/impact?node=" + Api.segment(node));
    connection.print(answer, () -> print(answer));
  }

  private void print(JsonNode answer) {
    if (answer.path("pipelines").isEmpty()) System.out.printf("no step reads %s%n", node);
    else Foreseen.print(answer.path("pipelines"), System.out);
  }
}
