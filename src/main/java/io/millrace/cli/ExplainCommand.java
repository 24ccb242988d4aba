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
    try {
      if (output == null && id.indexOf('/') < 0) {
        print(ask(api, id));
        return;
      }
    } catch (Api.Rejected e) {
      if (e.status != 404) throw e;
    }
    prediction(api);
  }

  private void print(JsonNode explanation) {
    connection.print(explanation, () -> print(explanation, System.out));
  }

  /** Ids of runs and of predictions have one form. */
  private void prediction(Api api) {
    var path = "/api/v1/predictions/%s/explanation".formatted(Api.segment(id).replace("%2F", "/"));
    var answer = api.computed(output == null ? path : path + "?output=" + Api.segment(output));
    connection.print(answer, () -> printPrediction(answer));
  }

  private static void printPrediction(JsonNode answer) {
    System.out.printf(
        "%s %s of %s: %s; in the scale %s %s, against %s over %d rows (%s)%n",
        answer.path("output").asText(),
        number(answer.path("answer")),
        answer.path("version").asText(),
        answer.path("method").asText(),
        answer.path("scale").asText(),
        number(answer.path("value")),
        number(answer.path("base_value")),
        answer.path("reference").path("rows").asInt(),
        answer.path("reference").path("from").asText());
    var rows = new ArrayList<List<String>>();
    for (var one : answer.path("contributions"))
      rows.add(
          List.of(
              one.path("input").asText(),
              one.path("value").isNull() ? "missing" : one.path("value").asText(),
              number(one.path("contribution")),
              one.has("standard_error") ? "+- " + number(one.path("standard_error")) : ""));
    System.out.print(Connection.aligned(List.of("INPUT", "VALUE", "ADDS", ""), rows));
  }

  private static String number(JsonNode value) {
    return String.format(Locale.ROOT, "%+.6g", value.asDouble());
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
