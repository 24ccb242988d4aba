package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments of a pipeline run loses nothing that was acknowledged and repeats
 * nothing that was finished.
 */
final class KillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 50 : 10);
  private static final String PIPELINE = "diamond-price";

  @TempDir Path folder;

  @Test
  void aRerunAfterKillFinishesAndRepeatsOnlyWhatWasNotFinished() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    try (var first = Program.up(data)) {
      first.done("apply", Program.HOME.resolve("examples/diamonds").toString());
    }
    var acknowledged = new Acknowledged(PIPELINE);
    int aliases = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      var where = "seed %d, kill %d".formatted(seed, kill);
      // A seed of its own makes every step from training on new; the steps before it come from the
      // cache.
      int modelSeed = 1000 + kill;
      Set<String> finished = new HashSet<>();
      var program = Program.up(data);
      var client = acknowledged.client(program, "kill" + kill);
      try {
        var run =
            Json.parse(
                program
                    .post(
                        "/api/v1/pipelines/" + PIPELINE + "/runs",
                        "{\"params\":{\"seed\":\"%d\"}}".formatted(modelSeed))
                    .body());
        Thread.sleep(random.nextInt(6_000));
        acknowledged.read(program);
        for (var step : states(program, run.path("id").asText()).entrySet()) {
          if (Set.of("ran", "cached").contains(step.getValue())) finished.add(step.getKey());
        }
      } finally {
        program.kill();
        client.join();
      }
      try (var again = Program.up(data)) {
        assertThat(acknowledged.size()).as(where).isPositive();
        acknowledged.check(again, where);
        var rerun =
            again
                .done("run", PIPELINE, "--param", "seed=" + modelSeed, "--follow", "--json")
                .json();
        assertThat(rerun.path("state").asText()).as(where).isEqualTo("succeeded");
        for (var step : rerun.path("steps")) {
          if (finished.contains(step.path("name").asText()))
            assertThat(step.path("state").asText())
                .as("%s, step %s", where, step.path("name").asText())
                .isEqualTo("cached");
        }
        var versions =
            again.done("model", "show", PIPELINE, "--json").json().path("versions").size();
        assertThat(versions).as(where).isGreaterThanOrEqualTo(aliases);
        again.done("model", "alias", PIPELINE + "/1", "kept" + kill);
        aliases = versions;
        assertThat(again.get("/api/v1/models/" + PIPELINE).body())
            .as(where)
            .contains("kept" + kill, kill == 0 ? "kept0" : "kept" + (kill - 1));
        var verified = again.done("artifacts", "verify", "--json").json();
        assertThat(verified.path("damages")).as(where).isEmpty();
        acknowledged.read(again);
      }
    }
  }

  private static Map<String, String> states(Program program, String run) {
    JsonNode found = Json.parse(program.get("/api/v1/runs/" + run).body());
    var states = new HashMap<String, String>();
    for (var step : found.path("steps"))
      states.put(step.path("name").asText(), step.path("state").asText());
    return states;
  }
}
