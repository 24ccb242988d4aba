package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of any pipeline, a change of one step runs again exactly that step and what is below it. */
class RandomGraphTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void exactlyWhatDependsOnAChangeRunsAgain(long seed) {
    var random = new Random(seed);
    int size = 4 + random.nextInt(12);
    var needs = new ArrayList<List<Integer>>();
    for (int i = 0; i < size; i++) {
      var some = new TreeSet<Integer>();
      for (int k = random.nextInt(3); k > 0 && i > 0; k--) some.add(random.nextInt(i));
      needs.add(List.copyOf(some));
    }
    int changed = random.nextInt(size);
    try (var bench = new Bench(folder)) {
      bench.apply("pipelines/p.yaml", pipeline(needs, -1));
      assertThat(bench.run("graph").state()).as("seed %d", seed).isEqualTo(RunState.SUCCEEDED);
      assertOrder(bench.worked, needs, seed);
      bench.apply("pipelines/p.yaml", pipeline(needs, changed));
      var run = bench.run("graph");
      for (int i = 0; i < size; i++) {
        assertThat(run.step("s" + i).state())
            .as("seed %d step %d of %s, changed %d", seed, i, needs, changed)
            .isEqualTo(depends(i, changed, needs) ? StepState.RAN : StepState.CACHED);
      }
    }
  }

  private static void assertOrder(List<String> worked, List<List<Integer>> needs, long seed) {
    for (int i = 0; i < needs.size(); i++) {
      for (int need : needs.get(i))
        assertThat(worked.indexOf("s" + need))
            .as("seed %d", seed)
            .isLessThan(worked.indexOf("s" + i));
    }
  }

  private static boolean depends(int step, int on, List<List<Integer>> needs) {
    return step == on || needs.get(step).stream().anyMatch(need -> depends(need, on, needs));
  }

  private static String pipeline(List<List<Integer>> needs, int changed) {
    var text = new StringBuilder("name: graph\nsteps:\n");
    for (int i = 0; i < needs.size(); i++) {
      var salt = "salt %d%s".formatted(i, i == changed ? " changed" : "");
      if (needs.get(i).isEmpty()) {
        text.append("  s%d: { uses: test/make, with: { text: %s } }\n".formatted(i, salt));
        continue;
      }
      text.append("  s%d: { uses: test/mix, with: { salt: %s".formatted(i, salt));
      var names = List.of("first", "second", "third");
      for (int k = 0; k < needs.get(i).size(); k++)
        text.append(
            ", %s: \"${{ steps.s%d.outputs.report }}\""
                .formatted(names.get(k), needs.get(i).get(k)));
      text.append(" } }\n");
    }
    return text.toString();
  }
}
