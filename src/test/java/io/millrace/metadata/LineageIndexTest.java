package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineageIndexTest {
  private static final int ARTIFACTS = 60;
  private static final LineageStore PLAIN = new LineageStore();
  private static final List<Direction> WAYS = List.of(Direction.UP, Direction.DOWN, Direction.BOTH);

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

  /** Also after more was written, and by a program that starts on what another has written. */
  @Test
  void findsWhatThePlainRecursiveQueryFinds() {
    for (long seed = 0; seed < 12; seed++) {
      var random = new Random(seed);
      for (int more = 0; more < 3; more++) {
        for (int i = 0; i < 10; i++) execute(random, seed);
        for (int i = 0; i < 6; i++) assertEqual(random, seed);
        if (random.nextInt(4) == 0) {
          close();
          open();
          assertEqual(random, seed);
        }
      }
    }
  }

  private void assertEqual(Random random, long seed) {
    var root = metadata.artifact(seed + "-" + random.nextInt(3)).id();
    var direction = WAYS.get(random.nextInt(3));
    int depth = random.nextInt(8);
    var question = "seed %d: %s %s %d".formatted(seed, root, direction, depth);
    database.read(s -> {
      var expected = PLAIN.edges(s, root, direction, depth);
      var lineage = metadata.lineage(s, root, direction, depth);
      assertThat(lineage.edges()).as(question).doesNotHaveDuplicates();
      assertThat(lineage.edges()).as(question).containsExactlyInAnyOrderElementsOf(expected);
      var artifacts = new TreeSet<Long>(List.of(root.value()));
      var executions = new TreeSet<Long>();
      for (var edge : expected) {
        artifacts.add(edge.artifact().value());
        executions.add(edge.execution().value());
      }
      assertThat(lineage.artifacts())
          .as(question)
          .extracting(a -> a.id().value())
          .containsExactlyElementsOf(artifacts);
      assertThat(lineage.executions())
          .as(question)
          .extracting(e -> e.id().value())
          .containsExactlyElementsOf(executions);
      var ids = metadata.lineageIds(s, root, direction, depth);
      assertThat(ids.artifacts())
          .as(question)
          .isEqualTo(lineage.artifacts().stream().map(Artifact::id).toList());
      assertThat(ids.executions())
          .as(question)
          .isEqualTo(lineage.executions().stream().map(Execution::id).toList());
      assertThat(ids.edges()).as(question).isEqualTo(expected.size());
      return true;
    });
  }

  /** One that reads and makes some of what others of the seed did, sometimes the same twice. */
  private void execute(Random random, long seed) {
    database.writing(tx -> {
      var execution = metadata.begin(tx, "step", "some", Json.object());
      for (int i = random.nextInt(4); i >= 0; i--) {
        var role = "role" + random.nextInt(2);
        var artifact = artifact(tx, seed + "-" + random.nextInt(i == 0 ? 3 : ARTIFACTS));
        if (random.nextBoolean()) metadata.input(tx, execution, artifact, role);
        else metadata.output(tx, execution, artifact, role);
        metadata.output(tx, execution, artifact(tx, seed + "-" + random.nextInt(ARTIFACTS)), role);
      }
      for (int i = 0; i < 3; i++) artifact(tx, seed + "-" + i);
    });
  }

  private ArtifactId artifact(io.millrace.base.Transaction tx, String name) {
    return metadata.artifact(tx, ArtifactType.DATASET, null, name, Json.object());
  }

  @Test
  void aQuestionSeesItsOwnViewThoughOthersHaveReadWhatCameLater() {
    var a = database.write(tx -> artifact(tx, "a"));
    make(a, "b");
    database.read(s -> {
      assertThat(metadata.lineageIds(s, a, Direction.DOWN, 5).edges()).isEqualTo(2);
      make(a, "c");
      assertThat(metadata.lineageIds("a", Direction.DOWN, 5).edges()).isEqualTo(4);
      assertThat(metadata.lineageIds(s, a, Direction.DOWN, 5).edges()).isEqualTo(2);
      assertThat(metadata.lineage(s, a, Direction.DOWN, 5).edges()).hasSize(2);
      return true;
    });
  }

  private void make(ArtifactId from, String name) {
    database.writing(tx -> {
      var execution = metadata.begin(tx, "step", name, Json.object());
      metadata.input(tx, execution, from, "from");
      metadata.output(tx, execution, artifact(tx, name), "made");
    });
  }

  @Test
  void whatIsTooMuchToBeToldIsRefusedAndItsIdsAreNot() {
    var a = database.write(tx -> artifact(tx, "a"));
    database.writing(tx -> {
      var execution = metadata.begin(tx, "step", "wide", Json.object());
      metadata.input(tx, execution, a, "from");
      var batch =
          tx.batch(
              "insert into lineage_event (execution, artifact, direction, role, at) values (:execution, :artifact, 'OUTPUT', :role, 0)");
      var ids = new ArrayList<ArtifactId>();
      for (int i = 0; i < 100; i++) ids.add(artifact(tx, "made" + i));
      for (int i = 0; i < Metadata.MOST_EDGES; i++)
        batch
            .bind("execution", execution.value())
            .bind("artifact", ids.get(i % 100).value())
            .bind("role", "made" + i / 100)
            .add();
      batch.execute();
    });
    assertThatThrownBy(() -> metadata.lineage("a", Direction.BOTH, 3))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "the lineage of %s within 3 levels has 100,001 edges, more than the 100,000 of an answer: ask for fewer levels (depth), or for the ids alone (ids=true)"
                .formatted(a));
    var ids = metadata.lineageIds("a", Direction.BOTH, 3);
    assertThat(ids.artifacts()).hasSize(101);
    assertThat(ids.edges()).isEqualTo(100_001);
  }

  @Test
  void ofAGraphThatIsTooLargeNothingIsKept() {
    var a = database.write(tx -> artifact(tx, "a"));
    make(a, "b");
    database.read(s -> {
      assertThat(new LineageIndex(PLAIN, 1).reached(s, a, Direction.UP, 1)).isEmpty();
      assertThat(new LineageIndex(PLAIN, 2).reached(s, a, Direction.UP, 1)).isPresent();
      return true;
    });
  }
}
