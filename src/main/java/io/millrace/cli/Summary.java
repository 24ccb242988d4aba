package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the quickstart came to.
 *
 * @param evaluation of the model that the run trained, on its test days
 * @param live metrics of the answers that the endpoint gave
 * @param model the version that the endpoint serves: the one this run registered, or the champion
 *     if that was kept
 */
record Summary(
    JsonNode run,
    JsonNode evaluation,
    JsonNode live,
    LiveFlights.Answers answers,
    String endpoint,
    String model,
    double seconds) {
  private static final int LIVE_DAYS = 3;

  /** The days that the model learnt from. */
  static Days trained(JsonNode run) {
    return Days.of(run, "from", "split");
  }

  /** The days that it was tested on. */
  static Days tested(JsonNode run) {
    return Days.of(run, "split", "until");
  }

  /** The days behind those, whose flights it is asked about once deployed. */
  static Days live(JsonNode run) {
    var first = Days.day(run, "until");
    return new Days(first, first.plusDays(LIVE_DAYS));
  }

  /** Whether the gate kept the champion, so that what was trained is not what is served. */
  boolean kept() {
    return !output(run, "gate", "pass").asBoolean();
  }

  /** What the gate says of that. */
  String reason() {
    return output(run, "gate", "reason").asText();
  }

  /** The one object of {@code --json}. */
  ObjectNode json() {
    var json = Json.object();
    var steps = json.putArray("steps");
    for (var step : run.path("steps")) {
      steps
          .addObject()
          .put("name", step.path("name").asText())
          .put("state", step.path("state").asText())
          .put("seconds", step.path("seconds").asDouble());
    }
    json.set("metrics", scores(evaluation.path("metrics")));
    json.set("live_metrics", scores(live));
    var baselines = json.putObject("baselines");
    baselines.set("trivial", scores(evaluation.path("baselines").path("trivial")));
    baselines.set("linear", scores(evaluation.path("baselines").path("linear")));
    json.put("model", model)
        .put("outcome", kept() ? "kept champion" : "deployed")
        .put("reason", reason())
        .put("endpoint", endpoint)
        .put("predictions", answers.count())
        .put("seconds", seconds);
    return json;
  }

  private static ObjectNode scores(JsonNode metrics) {
    var scores = Json.object();
    scores.set("auc", metrics.path("auc"));
    scores.set("log_loss", metrics.path("log_loss"));
    return scores;
  }

  /** An output of a step: a value, or {type, digest}. */
  static JsonNode output(JsonNode run, String step, String name) {
    return Api.named(run.path("steps"), "name", step, "step").path("outputs").path(name);
  }

  void print(PrintStream out, QuickstartCommand options) {
    out.println();
    RunFollower.printSteps(run, out);
    out.println();
    var rows = new ArrayList<List<String>>();
    rows.add(
        row((kept() ? "candidate, " : "model, ") + tested(run).text(), evaluation.path("metrics")));
    rows.add(row("linear baseline", evaluation.path("baselines").path("linear")));
    rows.add(row("trivial baseline", evaluation.path("baselines").path("trivial")));
    rows.add(row("live, " + live(run).text(), live));
    out.print(Connection.aligned(List.of("", "AUC", "LOG LOSS"), rows));
    var interval = evaluation.path("intervals").path("auc");
    if (interval.isArray()) {
      out.printf(
          Locale.ROOT,
          "Its AUC lies between %.4f and %.4f (95 %% bootstrap interval).%n",
          interval.get(0).asDouble(),
          interval.get(1).asDouble());
    }
    out.printf(
        Locale.ROOT,
        "Did it work once deployed? The labels of %,d of the %,d live answers are known by now: AUC %.4f.%n",
        answers.labelled().path("labels").size(),
        answers.count(),
        live.path("auc").asDouble());
    out.printf(
        Locale.ROOT,
        "Each answer took %.1f ms (median), %.1f ms (99 %%), seen from the client.%n",
        answers.millis(0.5),
        answers.millis(0.99));
    out.println();
    if (kept()) {
      out.printf("kept champion: %s.%n", reason());
      out.printf("The candidate is not registered; %s stays in service.%n%n", model);
    }
    out.printf("model      %s%n", model);
    out.printf("endpoint   %s%n", endpoint);
    out.printf("report     %s%n", options.report.toAbsolutePath().normalize());
    out.printf(Locale.ROOT, "time       %.1f s%n", seconds);
    out.println();
    out.println(
        options.keep
            ? "The server keeps running (./millrace down stops it). Ask the model about a flight:"
            : "How to go on: start the server, and in another terminal ask the model about a flight:");
    if (!options.keep) out.println("  " + options.upLine());
    out.printf("  curl -s %s/infer -d '%s'%n", endpoint, Json.write(answers.example()));
  }

  private static List<String> row(String name, JsonNode metrics) {
    return List.of(
        name,
        String.format(Locale.ROOT, "%.4f", metrics.path("auc").asDouble()),
        String.format(Locale.ROOT, "%.4f", metrics.path("log_loss").asDouble()));
  }
}
