package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code explain RUN [STEP]}. */
@Command(
    name = "explain",
    description = "Why the steps of a run were taken from the cache, or were not.")
final class ExplainCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(index = "0", paramLabel = "RUN", description = "The run's id.")
  String run;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "STEP",
      description = "One step of it, or one instance, as STEP[INDEX].")
  @Nullable String step;

  @Override
  public void run() {
    var api = connection.api();
    var answer =
        step == null
            ? ask(api, run)
            : api.get(
                "/api/v1/runs/%s/explain?step=%s".formatted(Api.segment(run), Api.segment(step)));
    connection.print(answer, () -> print(answer, System.out));
  }

  static JsonNode ask(Api api, String run) {
    return api.get("/api/v1/runs/" + Api.segment(run) + "/explain");
  }

  static void print(JsonNode explanation, PrintStream out) {
    var rows = new ArrayList<List<String>>();
    for (var step : explanation.path("steps")) {
      var against = PipelineCommand.text(step, "against");
      rows.add(
          List.of(
              step.path("step").asText(),
              step.path("state").asText(),
              step.path("cache").asText(),
              step.path("reason").asText(),
              against.isEmpty() ? "" : "against run " + against));
    }
    out.print(Connection.aligned(List.of("STEP", "STATE", "CACHE", "BECAUSE", ""), rows));
  }
}
