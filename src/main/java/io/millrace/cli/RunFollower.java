package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Console;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Shows a pipeline run while it goes: one changing line on a terminal, a line per event elsewhere.
 */
final class RunFollower {
  private static final Set<String> ENDED =
      Set.of("succeeded", "failed", "cancelled", "interrupted");

  private final Api api;
  private final PrintStream out;
  private final boolean terminal;

  @SuppressWarnings("SystemConsoleNull") // there is none where the JDK lacks its console module
  RunFollower(Api api, PrintStream out) {
    this.api = api;
    this.out = out;
    var console = Optional.ofNullable(System.console());
    this.terminal =
        console.map(Console::isTerminal).orElse(false) && !"dumb".equals(System.getenv("TERM"));
  }

  /** Returns the run as it ended. */
  JsonNode follow(String id) {
    long seen = 0;
    while (true) {
      var answer =
          api.get("/api/v1/runs/" + Api.segment(id) + "/events?after=" + seen + "&wait=10");
      for (var event : answer.path("events")) {
        seen = Math.max(seen, event.path("seq").asLong());
        show(event);
      }
      if (ENDED.contains(answer.path("state").asText()) && answer.path("events").isEmpty()) break;
    }
    if (terminal) out.print("\r\u001b[K");
    return api.get("/api/v1/runs/" + Api.segment(id));
  }

  private void show(JsonNode event) {
    boolean progress = event.path("type").asText().equals("progress");
    var share = event.path("share");
    var percent =
        share.isNumber() && !Double.isNaN(share.asDouble())
            ? String.format(Locale.ROOT, " %3.0f %%", 100 * share.asDouble())
            : "";
    var line =
        "%-10s %s%s"
            .formatted(event.path("step").asText(""), event.path("message").asText(""), percent);
    if (!terminal) {
      if (!progress) out.println(line);
      return;
    }
    out.print(
        "\r\u001b[K"
            + (line.length() > 110 ? line.substring(0, 110) : line)
            + (progress ? "" : "\n"));
    out.flush();
  }

  static void printSteps(JsonNode run, PrintStream out) {
    var rows = new ArrayList<List<String>>();
    for (var step : run.path("steps")) {
      rows.add(
          List.of(
              step.path("name").asText(), step.path("state").asText(),
              String.format(Locale.ROOT, "%.1f s", step.path("seconds").asDouble()), facts(step)));
    }
    out.print(Connection.aligned(List.of("STEP", "STATE", "TIME", ""), rows));
    for (var step : run.path("steps")) {
      if (step.path("error").isTextual())
        out.printf("%s: %s%n", step.path("name").asText(), step.path("error").asText());
      if (step.path("waits_for").isTextual())
        out.printf("%s: %s%n", step.path("name").asText(), step.path("waits_for").asText());
    }
    if (run.path("trigger").isObject())
      out.printf(
          "started by %s at %s%n",
          run.path("trigger").path("trigger").asText(run.path("trigger").path("kind").asText()),
          run.path("trigger").path("fired_at").asText());
    var outcome = run.path("outcome").asText("");
    out.printf(
        "run %s %s%s%n",
        run.path("id").asText(),
        run.path("state").asText(),
        outcome.isEmpty() || outcome.equals("null") ? "" : ": " + outcome);
  }

  private static String facts(JsonNode step) {
    var instances = step.path("instances").path("text").asText("");
    var summary = summary(step.path("summary"));
    return instances.isEmpty() || summary.isEmpty()
        ? instances + summary
        : instances + "; " + summary;
  }

  /** The small facts of a step, in one line. */
  static String summary(JsonNode summary) {
    var text = new StringBuilder();
    for (var fact : summary.properties()) {
      if (fact.getValue().isContainerNode()) continue;
      if (!text.isEmpty()) text.append(", ");
      var value = fact.getValue();
      var shown =
          value.isIntegralNumber()
              ? String.format(Locale.ROOT, "%,d", value.asLong())
              : value.isNumber()
                  ? String.format(Locale.ROOT, "%.4g", value.asDouble())
                  : value.asText();
      text.append(fact.getKey().replace('_', ' ')).append(' ').append(shown);
    }
    return text.length() > 120 ? text.substring(0, 117) + "..." : text.toString();
  }
}
