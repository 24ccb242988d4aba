package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments of a pipeline run loses nothing that was acknowledged, and the run goes
 * on by itself, repeating nothing that was finished and publishing nothing twice.
 */
final class KillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 50 : 10);
  private static final String PIPELINE = "diamond-price";
  private static final Set<String> DONE = Set.of("ran", "cached");

  @TempDir Path folder;

  @Test
  void aKilledRunGoesOnByItselfAndRepeatsOnlyWhatWasNotFinished() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    try (var first = Program.up(data)) {
      first.done("apply", Program.HOME.resolve("examples/diamonds").toString());
    }
    var acknowledged = new Acknowledged(PIPELINE);
    int aliases = 0;
    int run = 0;
    for (int kill = 0; kill < KILLS; run++) {
      var where = "seed %d, kill %d".formatted(seed, kill);
      // A seed of its own makes every step from training on new; the steps before it come from the
      // cache.
      int modelSeed = 1000 + run;
      String id = null;
      Map<String, JsonNode> finished = new HashMap<>();
      do {
        var program = Program.up(data);
        var client = acknowledged.client(program, "kill" + kill);
        try {
          if (id == null) id = start(program, modelSeed);
          Thread.sleep(random.nextInt(6_000));
          acknowledged.read(program);
          finished.putAll(finished(program, id, finished, where));
        } finally {
          program.kill();
          client.join();
        }
        kill++;
      } while (kill < KILLS && random.nextInt(3) == 0);
      try (var again = Program.up(data)) {
        assertThat(acknowledged.size()).as(where).isPositive();
        acknowledged.check(again, where);
        var ended = ended(again, id);
        assertThat(ended.path("state").asText()).as("%s: %s", where, ended).isEqualTo("succeeded");
        finished(again, id, finished, where);
        for (var step : ended.path("steps")) {
          int published = 0;
          for (var attempt : step.path("attempts"))
            if (DONE.contains(attempt.path("state").asText())) published++;
          assertThat(published)
              .as("%s: %s", where, step)
              .isEqualTo(step.path("state").asText().equals("skipped") ? 0 : 1);
        }
        var versions =
            again.done("model", "show", PIPELINE, "--json").json().path("versions").size();
        assertThat(versions).as(where).isBetween(aliases, aliases + 1);
        again.done("model", "alias", PIPELINE + "/1", "kept" + run);
        aliases = versions;
        assertThat(again.get("/api/v1/models/" + PIPELINE).body())
            .as(where)
            .contains("kept" + run, run == 0 ? "kept0" : "kept" + (run - 1));
        var verified = again.done("artifacts", "verify", "--json").json();
        assertThat(verified.path("damages")).as(where).isEmpty();
        acknowledged.read(again);
      }
    }
  }

  private static String start(Program program, int modelSeed) {
    var body = "{\"params\":{\"seed\":\"%d\"}}".formatted(modelSeed);
    var started = program.post("/api/v1/pipelines/" + PIPELINE + "/runs", body);
    return Json.parse(started.body()).path("id").asText();
  }

  /** The steps that have finished, which must be as they were where they had finished before. */
  private static Map<String, JsonNode> finished(
      Program program, String run, Map<String, JsonNode> before, String where) {
    var steps = new HashMap<String, JsonNode>();
    for (var step : Json.parse(program.get("/api/v1/runs/" + run).body()).path("steps"))
      if (DONE.contains(step.path("state").asText())) steps.put(step.path("name").asText(), step);
    before.forEach((name, step) -> assertThat(steps).as(where).containsEntry(name, step));
    return steps;
  }

  /** The run, once it has ended by itself. */
  private static JsonNode ended(Program program, String run) {
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
