package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
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
          finished.putAll(Published.finished(program, id, finished, where));
        } finally {
          program.kill();
          client.join();
        }
        kill++;
      } while (kill < KILLS && random.nextInt(3) == 0);
      try (var again = Program.up(data)) {
        assertThat(acknowledged.size()).as(where).isPositive();
        acknowledged.check(again, where);
        var ended = Published.ended(again, id);
        assertThat(ended.path("state").asText()).as("%s: %s", where, ended).isEqualTo("succeeded");
        Published.finished(again, id, finished, where);
        for (var step : ended.path("steps")) {
          assertThat(Published.times(step))
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
}
