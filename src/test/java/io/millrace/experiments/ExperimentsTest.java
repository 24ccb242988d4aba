package io.millrace.experiments;

import static io.millrace.experiments.ExperimentsRoom.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.FileTree;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.metadata.ExecutionState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExperimentsTest {
  @TempDir Path folder;
  private ExperimentsRoom room;
  private Experiments experiments;
  private Runs runs;
  private Removals removals;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
    experiments = room.experiments;
    runs = room.runs;
    removals = new Removals(experiments, runs, room.files);
  }

  @AfterEach
  void close() {
    room.close();
  }

  @Test
  void aPipelineIsOneExperimentAndEachTrainingStepARun() {
    runs.open("delay", "r1", "train").close(true);
    runs.open("delay", "r2", "train").close(false);
    assertThat(room.database.<List<Experiment>>read(experiments::list))
        .extracting(Experiment::name)
        .containsExactly("Default", "delay");
    assertThat(room.database.<List<Run>>read(s -> runs.runsOf(s, "r2")))
        .extracting(run -> run.status().state())
        .containsExactly(RunState.FAILED);
  }

  @Test
  void everythingAStepNotedIsThereOnceItsRunIsClosed() {
    var log = runs.open("delay", "r1", "train");
    log.param("eta", "0.1");
    for (int step = 0; step < 2_500; step++) log.metric("valid.auc", step / 2_500.0, step);
    log.metric("bad", Double.NaN, 0);
    log.close(true);
    var run = room.database.<List<Run>>read(s -> runs.runsOf(s, "r1")).getFirst();
    var data = runs.data(run.id());
    assertThat(data.params()).containsExactly(Map.entry("eta", "0.1"));
    assertThat(data.metrics()).extracting(Metric::key).containsExactly("bad", "valid.auc");
    assertThat(data.metrics().getLast().step()).isEqualTo(2_499);
    assertThat(data.metrics().getFirst().value()).isNaN();
    assertThat(runs.history(run.id(), "valid.auc", 0, 10_000)).hasSize(2_500);
  }

  @Test
  void runsThatAGoneProgramLeftAreKilled() {
    runs.open("delay", "r1", "train");
    assertThat(room.database.<Integer>write(tx -> runs.endAbandoned(tx, _ -> false))).isEqualTo(1);
    assertThat(room.database.<List<Run>>read(s -> runs.runsOf(s, "r1")).getFirst().status().state())
        .isEqualTo(RunState.KILLED);
  }

  @Test
  void aRunIsAnExecutionWithWhatItReadAndMade() {
    var run = room.run("first");
    var model =
        room.database.write(tx -> {
          runs.logInputs(
              tx,
              run.id(),
              List.of(
                  new DatasetInput(
                      "iris",
                      "abc",
                      "local",
                      "{}",
                      null,
                      null,
                      new TreeMap<>(Map.of(DatasetInput.CONTEXT, "training")))),
              List.of());
          var made =
              room.models.create(
                  tx, 0, "clf", "", run.id().value(), Map.of("depth", "3"), Map.of());
          runs.logOutputs(tx, run.id(), List.of(new RunData.ModelRef(made.id(), 0)));
          return made;
        });
    room.metrics(run.id(), metric("auc", 0.9, 1));
    room.database.writing(tx -> runs.update(tx, run.id(), RunState.FINISHED, null, null));
    var executions = room.database.read(s -> room.metadata.executions(s, "experiment", "0"));
    assertThat(executions).extracting(e -> e.state()).containsExactly(ExecutionState.COMPLETE);
    var lineage = room.metadata.lineage(model.id(), io.millrace.metadata.Direction.UP, 5);
    assertThat(lineage.artifacts()).extracting(a -> a.name()).contains("iris@abc", model.id());
    assertThat(runs.data(run.id()).datasets())
        .extracting(DatasetInput::name)
        .containsExactly("iris");
    assertThat(runs.data(run.id()).outputs())
        .extracting(RunData.ModelRef::id)
        .containsExactly(model.id());
  }

  @Test
  void aParamNeverChanges() {
    var run = room.run("first");
    room.params(run.id(), Map.of("eta", "0.1"));
    room.params(run.id(), Map.of("eta", "0.1", "depth", "3"));
    assertThatThrownBy(() -> room.params(run.id(), Map.of("eta", "0.2", "other", "1")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("already logged with value='0.1'");
    assertThat(runs.data(run.id()).params()).containsOnlyKeys("depth", "eta");
  }

  @Test
  void deletedRunsTakeNothingAndComeBack() {
    var run = room.run("first");
    room.database.writing(tx -> runs.delete(tx, run.id()));
    assertThatThrownBy(() -> room.params(run.id(), Map.of("a", "1")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("must be in the 'active' state");
    assertThat(room.found("")).isEmpty();
    room.database.writing(tx -> runs.restore(tx, run.id()));
    assertThat(room.found("")).containsExactly("first");
  }

  @Test
  void deletingAnExperimentDeletesItsRunsAndRestoringBringsThemBack() {
    long id = room.database.write(tx -> experiments.create(tx, "e", "", null, Map.of())).id();
    var run = room.run(id, "r", Map.of());
    room.database.writing(tx -> experiments.delete(tx, id));
    assertThat(room.database.read(s -> runs.run(s, run.id())).isActive()).isFalse();
    assertThatThrownBy(() -> room.database.writing(tx -> experiments.delete(tx, id)))
        .isInstanceOf(NotFound.class);
    assertThatThrownBy(
            () -> room.database.write(tx -> experiments.create(tx, "e", "", null, Map.of())))
        .isInstanceOf(Conflict.class);
    room.database.writing(tx -> experiments.restore(tx, id));
    assertThat(room.database.read(s -> runs.run(s, run.id())).isActive()).isTrue();
  }

  @Test
  void aRunWhoseLeaseRanOutIsLostAndOneThatLogsIsNot() throws Exception {
    var silent = room.run("silent");
    var busy = room.run("busy");
    for (var run : List.of(silent, busy))
      room.database.writing(tx -> runs.lease(tx, run.id(), Duration.ofMinutes(1)));
    room.pass(Duration.ofSeconds(50));
    room.metrics(busy.id(), metric("loss", 1, 1));
    room.pass(Duration.ofSeconds(30));
    long end = System.nanoTime() + 20_000_000_000L;
    while (state(silent) != RunState.LOST && System.nanoTime() < end) Thread.onSpinWait();
    assertThat(state(silent)).isEqualTo(RunState.LOST);
    assertThat(state(busy)).isEqualTo(RunState.RUNNING);
    assertThat(room.found("attributes.status = 'KILLED'")).containsExactly("silent");
  }

  private RunState state(Run run) {
    return room.database.read(s -> runs.run(s, run.id())).status().state();
  }

  @Test
  void aRunMovesAndIsCopiedWithAllItNoted() {
    long other =
        room.database.write(tx -> experiments.create(tx, "other", "team/a", null, Map.of())).id();
    var run = room.run("first");
    room.params(run.id(), Map.of("a", "1"));
    room.metrics(run.id(), metric("m", 1, 1), metric("m", 2, 2));
    var root = ArtifactRoot.path(run.artifacts()).orElseThrow();
    room.database.writing(tx -> room.files.put(tx, root + "/f.txt", Digest.of("f"), 1));
    var copy = runs.copy(run.id(), other);
    assertThat(copy.experiment()).isEqualTo(other);
    assertThat(runs.data(copy.id()).params()).isEqualTo(Map.of("a", "1"));
    assertThat(runs.history(copy.id(), "m", 0, 10)).hasSize(2);
    var copied = ArtifactRoot.path(copy.artifacts()).orElseThrow();
    assertThat(room.database.<List<FileTree.NamedFile>>read(s -> room.files.below(s, copied)))
        .extracting(f -> f.name())
        .containsExactly("f.txt");
    room.database.writing(tx -> runs.move(tx, run.id(), other));
    assertThat(room.database.read(s -> runs.run(s, run.id())).experiment()).isEqualTo(other);
  }

  @Test
  void deletingForGoodTakesRowsAndFilesAndSaysWhoRelies() {
    var run = room.run("first");
    room.metrics(run.id(), metric("m", 1, 1));
    var root = ArtifactRoot.path(run.artifacts()).orElseThrow();
    room.database.writing(tx -> room.files.put(tx, root + "/f.txt", Digest.of("f"), 7));
    var removal =
        room.database.read(s ->
            removals.preview(
                s, List.of(run.id()), List.of((_, id) -> List.of("model m/1 was made by " + id))));
    assertThat(removal)
        .isEqualTo(new Removals.Removal(1, 1, 7, 0, List.of("model m/1 was made by " + run.id())));
    room.database.writing(tx -> removals.remove(tx, List.of(run.id())));
    assertThat(room.database.<Optional<Run>>read(s -> runs.find(s, run.id()))).isEmpty();
    assertThat(room.database.<Collection<Digest>>read(room.files::held)).isEmpty();
  }

  @Test
  void aModelKeepsItsLastMetricOnEachDataset() {
    var run = room.run("r");
    var model =
        room.database.write(
            tx -> room.models.create(tx, 0, "clf", "sk", run.id().value(), Map.of(), Map.of()));
    for (int step = 0; step < 3; step++) {
      var metric =
          new LoggedModel.ModelMetric(
              metric("auc", step / 10.0, step), run.id().value(), "iris", "d1");
      room.database.writing(tx -> room.models.log(tx, model.id(), metric));
    }
    var found =
        room.database.read(s ->
            room.models.search(
                s,
                new LoggedModelQuery(
                    List.of(0L),
                    FilterParser.parse("metrics.auc > 0.15 AND name = 'clf'"),
                    List.of(new LoggedModelQuery.Dataset("iris", null)),
                    List.of(
                        new LoggedModelQuery.Order(
                            new Comparison.Field("metrics", "auc"), false, null)),
                    10,
                    0)));
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().contents().metrics())
        .extracting(m -> m.metric().value())
        .containsExactly(0.2);
    assertThatThrownBy(() ->
            room.database.write(
                tx -> room.models.create(tx, 0, "a/b", "", null, Map.of(), Map.of())))
        .isInstanceOf(InvalidInput.class);
  }

  @Test
  void theHistoryTagOfOldClientsGrows() {
    var run = room.run("r");
    for (var path : List.of("a", "b"))
      room.database.writing(
          tx -> runs.appendToHistory(tx, run.id(), Json.object().put("artifact_path", path)));
    assertThat(runs.data(run.id()).tags().get("mlflow.log-model.history"))
        .isEqualTo("[{\"artifact_path\":\"a\"},{\"artifact_path\":\"b\"}]");
  }
}
