package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints what runs of pipelines would do, and what stands on their results. */
final class Foreseen {
  private Foreseen() {}

  static void print(JsonNode pipelines, PrintStream out) {
    for (var pipeline : pipelines) {
      out.println();
      out.println(headline(pipeline));
      var rows = new ArrayList<List<String>>();
      for (var step : pipeline.path("steps")) {
        rows.add(
            List.of(
                step.path("step").asText(),
                step.path("verdict").asText().replace('_', ' '),
                step.path("seconds").isNumber() ? seconds(step.path("seconds").asDouble()) : "",
                chain(step.path("because"))));
      }
      out.print(Connection.aligned(List.of("STEP", "NEXT RUN", "COST", "BECAUSE"), rows));
      touches(pipeline.path("touches"), out);
    }
  }

  private static void touches(JsonNode touches, PrintStream out) {
    if (touches.isEmpty()) return;
    var rows = new ArrayList<List<String>>();
    for (var touched : touches) {
      var share = touched.path("share");
      rows.add(
          List.of(
              touched.path("kind").asText(),
              touched.path("name").asText(),
              share.isNumber()
                  ? String.format(Locale.ROOT, "%.0f %% of its traffic", 100 * share.asDouble())
                  : "",
              touched.path("detail").asText(),
              chain(touched.path("because"))));
    }
    out.print(Connection.aligned(List.of("TOUCHES", "NAME", "TRAFFIC", "", "BECAUSE"), rows));
  }

  private static String headline(JsonNode pipeline) {
    int must = 0;
    int may = 0;
    boolean priced = false;
    for (var step : pipeline.path("steps")) {
      var verdict = step.path("verdict").asText();
      if (verdict.equals("must_run")) must++;
      else if (verdict.equals("conditional") || verdict.equals("unknown")) may++;
      else continue;
      priced |= step.path("seconds").isNumber();
    }
    var name = "pipeline " + pipeline.path("pipeline").asText();
    if (must + may == 0) return name + ": nothing would run";
    var cost =
        priced
            ? "%s to %s, by what they took before"
                .formatted(
                    seconds(pipeline.path("seconds").asDouble()),
                    seconds(pipeline.path("most_seconds").asDouble()))
            : "none of them ran before";
    return "%s: %d must run, %d may; %s".formatted(name, must, may, cost);
  }

  private static String seconds(double seconds) {
    return seconds < 120
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : String.format(Locale.ROOT, "%.0f min", seconds / 60);
  }

  private static String chain(JsonNode because) {
    var links = new ArrayList<String>();
    because.forEach(link -> links.add(link.asText()));
    return String.join(" => ", links);
  }
}
