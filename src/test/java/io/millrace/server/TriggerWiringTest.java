package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Digest;
import io.millrace.data.SourceOptions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.pipelines.Firing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens in the rooms reaches the triggers. */
class TriggerWiringTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void aNewVersionOfADatasetStartsARunByItself() throws InterruptedException {
    var configuration = new Configuration(folder, Configuration.HOST, 0);
    try (var platform = new Platform(configuration, Clock.systemUTC())) {
      var pipeline =
          """
          name: p
          params: { rows: { type: integer } }
          on:
            dataset: [{ name: flights, with: { rows: "${{ trigger.new_rows }}" } }]
          steps: { only: { uses: core/value, with: { value: "${{ params.rows }}" } } }
          """;
      var texts = new TreeMap<>(Map.of("millrace.yaml", "name: t\n", "pipelines/p.yaml", pipeline));
      platform.definitions.apply(new ProjectFiles("t", texts, new TreeMap<>()));
      register(platform, "a\n1\n2\n");
      register(platform, "a\n1\n2\n");
      register(platform, "a\n1\n2\n3\n4\n5\n");
      long end = System.nanoTime() + LONG.toNanos();
      while (System.nanoTime() < end && started(platform) < 2) Thread.onSpinWait();
      var firings = platform.triggers.firings("p", 10);
      assertThat(firings)
          .extracting(firing -> firing.params().path("rows").asInt())
          .containsExactly(3, 2);
      for (var firing : firings) {
        var run = platform.pipelines.await(firing.run(), LONG);
        assertThat(run.state().text()).isEqualTo("succeeded");
        assertThat(platform.triggers.firingOf(run.id())).contains(firing);
      }
    }
  }

  @Test
  void theFirstVersionFiresTooAndSeesTheTimeThatItsDataWereKnown() {
    var configuration = new Configuration(folder, Configuration.HOST, 0);
    try (var platform = new Platform(configuration, Clock.systemUTC())) {
      var pipeline =
          """
          name: p
          params: { until: { type: date } }
          on:
            dataset: [{ name: flights, with: { until: "${{ trigger.date }}" } }]
          steps: { only: { uses: core/value, with: { value: "${{ params.until }}" } } }
          """;
      var texts =
          new TreeMap<>(
              Map.of(
                  "millrace.yaml", "name: t\n",
                  "pipelines/p.yaml", pipeline,
                  "datasets/flights.yaml", "source: flights.csv\n"));
      var blob = platform.artifacts.put("a\n1\n".getBytes(StandardCharsets.UTF_8));
      var sources = new TreeMap<String, SortedMap<String, Digest>>();
      sources.put("datasets/flights.yaml", new TreeMap<>(Map.of("flights.csv", blob)));
      platform.definitions.apply(
          new ProjectFiles("t", texts, sources, Instant.parse("2001-02-01T00:00:00Z")));
      long end = System.nanoTime() + LONG.toNanos();
      while (System.nanoTime() < end && started(platform) < 1) Thread.onSpinWait();
      var firing = platform.triggers.firings("p", 10).getFirst();
      assertThat(firing.params().path("until").asText()).isEqualTo("2001-02-01");
      assertThat(firing.evidence().path("at").asText()).isEqualTo("2001-02-01T00:00:00Z");
    }
  }

  private static void register(Platform platform, String csv) {
    var blob = platform.artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    platform.datasets.register(
        "flights", new TreeMap<>(Map.of("flights.csv", blob)), SourceOptions.DEFAULT);
  }

  private static long started(Platform platform) {
    return platform.triggers.firings("p", 10).stream()
        .filter(firing -> firing.state() == Firing.State.STARTED)
        .count();
  }
}
