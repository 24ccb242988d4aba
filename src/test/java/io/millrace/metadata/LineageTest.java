package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineageTest {
  @TempDir Path folder;
  private Database database;
  private Metadata metadata;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    metadata = new Metadata(database, Clock.systemUTC());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void upLeadsToTheSourcesAndDownToTheConsumers() {
    step("query", List.of("flights", "labels"), List.of("examples"));
    step("train", List.of("examples"), List.of("model", "baselines"));
    step("evaluate", List.of("model", "examples"), List.of("report"));
    step("elsewhere", List.of("labels"), List.of("other"));

    assertThat(names("model", Direction.UP, 10))
        .containsExactlyInAnyOrder("model", "examples", "flights", "labels");
    assertThat(names("model", Direction.DOWN, 10)).containsExactlyInAnyOrder("model", "report");
    assertThat(names("examples", Direction.BOTH, 10))
        .containsExactlyInAnyOrder("examples", "flights", "labels", "model", "baselines", "report");
    assertThat(names("report", Direction.UP, 1))
        .containsExactlyInAnyOrder("report", "model", "examples");
    assertThat(names("report", Direction.BOTH, 0)).containsExactly("report");
  }

  @Test
  void edgesNameTheExecutionsTheSideAndTheRole() {
    step("train", List.of("examples"), List.of("model", "baselines"));
    var lineage = metadata.lineage("model", Direction.UP, 10);

    assertThat(lineage.executions()).extracting(Execution::name).containsExactly("train");
    assertThat(lineage.edges())
        .extracting(Lineage.Edge::role)
        .containsExactlyInAnyOrder("examples", "model");
    assertThat(Json.tree(lineage).path("edges").path(0).path("direction").asText())
        .isEqualTo("input");
    assertThat(Json.tree(lineage).path("root").asLong()).isEqualTo(lineage.root().value());
  }

  @Test
  void cycleEnds() {
    step("validate", List.of("data"), List.of("data"));
    step("there", List.of("data"), List.of("elsewhere"));
    step("back", List.of("elsewhere"), List.of("data"));
    assertThat(names("data", Direction.BOTH, Metadata.DEEPEST))
        .containsExactlyInAnyOrder("data", "elsewhere");
  }

  @Test
  void manyPathsAreWalkedInNoMoreThanTheTimeOfOne() {
    for (int layer = 0; layer < 40; layer++) {
      for (int i = 0; i < 4; i++) {
        int below = layer;
        var inputs = List.of("a", "b", "c", "d").stream().map(n -> n + below).toList();
        step("mix", inputs, List.of("abcd".charAt(i) + "" + (layer + 1)));
      }
    }
    assertThat(names("a40", Direction.UP, Metadata.DEEPEST)).as("of 4^40 paths").hasSize(161);
  }

  @Test
  void depthBeyondTheLimitIsRefused() {
    step("s", List.of("a"), List.of("b"));
    assertThatThrownBy(() -> metadata.lineage("a", Direction.UP, 101))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("depth: got 101, expected 0 to 100");
    assertThatThrownBy(() -> metadata.lineage("a", Direction.UP, -1))
        .isInstanceOf(InvalidInput.class);
  }

  /** On random graphs the query finds what a plain search over the edges finds. */
  @Test
  void lineageIsWhatAPlainSearchFinds() {
    for (long seed = 0; seed < 20; seed++) {
      var random = new Random(seed);
      var prefix = "g" + seed + "-";
      record Made(Set<String> inputs, Set<String> outputs) {}
      var steps =
          random
              .ints(0, 12)
              .limit(12)
              .mapToObj(_ -> new Made(some(prefix, random), some(prefix, random)))
              .toList();
      for (var made : steps) step("step", made.inputs(), made.outputs());
      var start = steps.getFirst().inputs().iterator().next();
      int depth = random.nextInt(5);

      var expected = new HashSet<>(Set.of(start));
      for (int i = 0; i < depth; i++) {
        var reached = Set.copyOf(expected);
        steps.stream()
            .filter(m -> m.inputs().stream().anyMatch(reached::contains))
            .forEach(m -> expected.addAll(m.outputs()));
      }
      assertThat(names(start, Direction.DOWN, depth)).as("seed %d", seed).isEqualTo(expected);
    }
  }

  private static Set<String> some(String prefix, Random random) {
    return random
        .ints(1 + random.nextInt(3), 0, 10)
        .mapToObj(i -> prefix + i)
        .collect(Collectors.toSet());
  }

  private void step(String name, Collection<String> inputs, Collection<String> outputs) {
    database.writing(tx -> {
      var execution = metadata.begin(tx, "step", name, Json.object());
      for (var input : inputs)
        metadata.input(
            tx,
            execution,
            metadata.artifact(tx, ArtifactType.DATASET, null, input, Json.object()),
            input);
      for (var output : outputs)
        metadata.output(
            tx,
            execution,
            metadata.artifact(tx, ArtifactType.DATASET, null, output, Json.object()),
            output);
      metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    });
  }

  private Set<String> names(String root, Direction direction, int depth) {
    return metadata.lineage(root, direction, depth).artifacts().stream()
        .map(Artifact::name)
        .collect(Collectors.toSet());
  }
}
