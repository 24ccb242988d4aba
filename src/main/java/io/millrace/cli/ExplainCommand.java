package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain RUN [STEP]} and {@code explain PREDICTION}. */
@Command(
    name = "explain",
    description =
        "Why the steps of a run were taken from the cache, or were not; or what each input of a prediction added to it.")
final class ExplainCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(
      index = "0",
      paramLabel = "RUN|PREDICTION",
      description = "The id of a run, or of a prediction.")
  String id;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "STEP",
      description = "One step of it, or one instance, as STEP[INDEX].")
  @Nullable String step;

  @Option(
      names = "--output",
      paramLabel = "NAME",
      description = "Of a prediction: the output that is explained, NAME or NAME[INDEX].")
  @Nullable String output;

  @Override
  public void run() {
    var api = connection.api();
    if (step != null) {
      print(
          api.get("/api/v1/runs/%s/explain?step=%s".formatted(Api.segment(id), Api.segment(step))));
      return;
    }
    if (output != null || id.indexOf('/') >= 0) {
      prediction(api);
      return;
    }
    JsonNode steps;
    try {
      steps = ask(api, id);
    } catch (Api.Rejected e) {
      if (e.status != 404) throw e;
      prediction(api);
      return;
    }
    print(steps);
  }

  private void print(JsonNode explanation) {
    connection.print(explanation, () -> print(explanation, System.out));
  }

  /** Ids of runs and of predictions have one form. */
  private void prediction(Api api) {
    var path = "/api/v1/predictions/%s/explanation".formatted(Api.segment(id).replace("%2F", "/"));
    try {
      var answer = api.computed(output == null ? path : path + "?output=" + Api.segment(output));
      connection.print(answer, () -> printContributions(answer, answer.path("version").asText()));
    } catch (Api.Rejected e) {
      if (e.status != 404 || id.indexOf('/') >= 0) throw e;
      throw new Api.Rejected(404, "no run \"%s\", and %s".formatted(id, e.getMessage()));
    }
  }

  /**
   * What each input added, and the check that it adds up.
   *
   * @param by who answered
   */
  static void printContributions(JsonNode answer, String by) {
    System.out.printf(
        Locale.ROOT,
        "%s is %.6g by %s: %s, in the scale %s: %.6g here, %.6g on average over %d rows (%s)%n",
        answer.path("output").asText(),
        answer.path("answer").asDouble(),
        by,
        answer.path("method").asText(),
        answer.path("scale").asText(),
        answer.path("value").asDouble(),
        answer.path("base_value").asDouble(),
        answer.path("reference").path("rows").asInt(),
        answer.path("reference").path("from").asText());
    var rows = new ArrayList<List<String>>();
    for (var one : answer.path("contributions"))
      rows.add(
          List.of(
              one.path("input").asText(),
              one.path("value").isNull() ? "missing" : one.path("value").asText(),
              number("%+.6g", one.path("contribution")),
              one.has("standard_error") ? number("+- %.2g", one.path("standard_error")) : ""));
    System.out.print(Connection.aligned(List.of("INPUT", "VALUE", "ADDS", ""), rows));
    double added = 0;
    for (var one : answer.path("contributions")) added += one.path("contribution").asDouble();
    System.out.printf(
        Locale.ROOT,
        "check: %.6g on average %+.6g added = %.6g, which misses %.6g by %.2g%n",
        answer.path("base_value").asDouble(),
        added,
        answer.path("base_value").asDouble() + added,
        answer.path("value").asDouble(),
        answer.path("residual").asDouble());
  }

  private static String number(String format, JsonNode value) {
    return String.format(Locale.ROOT, format, value.asDouble());
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
