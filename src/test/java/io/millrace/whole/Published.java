package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What a run of a pipeline has published, however often its server was killed. */
final class Published {
  private static final Set<String> DONE = Set.of("ran", "cached");

  private Published() {}

  /** The steps that have finished, which must be as they were where they had finished before. */
  static Map<String, JsonNode> finished(
      Program program, String run, Map<String, JsonNode> before, String where) {
    var steps = new HashMap<String, JsonNode>();
    for (var step : Json.parse(program.get("/api/v1/runs/" + run).body()).path("steps"))
      if (DONE.contains(step.path("state").asText())) steps.put(step.path("name").asText(), step);
    before.forEach((name, step) -> assertThat(steps).as(where).containsEntry(name, step));
    return steps;
  }

  /** How many attempts of a step ended well. */
  static int times(JsonNode step) {
    int published = 0;
    for (var attempt : step.path("attempts"))
      if (DONE.contains(attempt.path("state").asText())) published++;
    return published;
  }

  /** The run, once it has ended by itself. */
  static JsonNode ended(Program program, String run) {
    long after = 0;
    while (true) {
      var events = program.get("/api/v1/runs/%s/events?after=%d&wait=30".formatted(run, after));
      var answer = Json.parse(events.body());
      for (var event : answer.path("events")) after = event.path("seq").asLong();
      if (!answer.path("state").asText().equals("running"))
        return Json.parse(program.get("/api/v1/runs/" + run).body());
    }
  }
}
