package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the graph, and whenever engines are closed or abandoned: each step is published once,
 * and none that ended is done again.
 */
class EngineCrashesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void eachStepIsPublishedOnce(long seed) {
    var random = new Random(seed);
    int size = 5 + random.nextInt(20);
    var text = new StringBuilder("name: graph\nsteps:\n");
    for (int i = 0; i < size; i++) {
      var needs = new TreeSet<Integer>();
      for (int k = random.nextInt(4); k > 0 && i > 0; k--) needs.add(random.nextInt(i));
      var refers = new ArrayList<String>();
      for (int need : needs) refers.add("\"${{ steps.s%d.outputs.value }}\"".formatted(need));
      text.append(
          "  s%d: { uses: core/value, with: { value: [%d, %s] } }\n"
              .formatted(i, i, String.join(", ", refers)));
    }
    try (var bench = new Bench(folder)) {
      bench.apply("pipelines/p.yaml", text.toString().replace(", ]", "]"));
      var run = bench.start("graph");
      int crashes = 1 + random.nextInt(6);
      for (int i = 0; i < crashes; i++) {
        bench.pipelines.await(run.id(), Duration.ofMillis(random.nextInt(40)));
        var before = bench.pipelines.run(run.id());
        if (random.nextBoolean()) bench.pipelines.close();
        bench.reopen();
        var after = bench.pipelines.run(run.id());
        for (var step : before.steps()) {
          if (step.state().isFinal())
            assertThat(after.step(step.name()).state())
                .as("seed %d step %s", seed, step.name())
                .isEqualTo(step.state());
        }
      }
      var ended = bench.pipelines.await(run.id(), Bench.LONG);
      assertThat(ended.state()).as("seed %d: %s", seed, ended).isEqualTo(RunState.SUCCEEDED);
      for (var step : ended.steps()) {
        assertThat(step.attempts().stream().filter(a -> a.state().isDone()).count())
            .as("seed %d step %s: %s", seed, step.name(), step.attempts())
            .isEqualTo(1);
        assertThat(step.attempts().getLast().state().isDone()).as("seed %d", seed).isTrue();
      }
      long published =
          bench.database.read(s ->
              bench.metadata.executions(s, "pipeline_run", run.id()).stream()
                  .filter(e -> Bench.isWell(e.state()))
                  .count());
      assertThat(published).as("seed %d", seed).isEqualTo(size);
    }
  }
}
