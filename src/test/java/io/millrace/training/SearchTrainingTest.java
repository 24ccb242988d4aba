package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.RunState;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A search tunes the trainer of the flights example by its validation rows. */
class SearchTrainingTest {
  private static final String PIPELINE =
      """
      name: tuned
      steps:
        rows: { uses: test/rows }
        train:
          uses: train/xgboost
          strategy:
            search: { algorithm: tpe, trials: 3, maximize: metrics.auc, seed: 7, space: { depth: "int(1,6)", eta: "loguniform(0.01,0.3)" } }
          with:
            data: "${{ steps.rows.outputs.data }}"
            label: late15
            ignore: [flight_id, dep_ts, label_at]
            validate_from: 2001-01-20
            rounds: 20
            params: { max_depth: "${{ search.depth }}", eta: "${{ search.eta }}" }
      """;

  @TempDir Path folder;

  /** Gives the rows that the flights pipeline trains on. */
  private record Rows(Digest data) implements Component {
    @Override
    public String name() {
      return "test/rows";
    }

    @Override
    public String meaning() {
      return "Gives rows.";
    }

    @Override
    public List<Input> inputs() {
      return List.of();
    }

    @Override
    public List<Output> outputs() {
      return List.of(new Output("data", ValueType.DATASET, "the rows"));
    }

    @Override
    public Result run(Task task) {
      return new Result(
          Map.of("data", new ArtifactRef(ValueType.DATASET, data)), Map.of(), List.of(), Map.of());
    }
  }

  @Test
  void theModelThatAnswersItsValidationRowsBestIsTaken() throws Exception {
    var room = new TrainingRoom(folder);
    var data = room.flights("2001-01-02", "2001-01-25", "label_at < timestamptz '2001-01-25'");
    try (var database = Database.open(folder.resolve("millrace.db"));
        var pipelines =
            new Pipelines(
                database,
                room.artifacts,
                new Metadata(database, Clock.systemUTC()),
                List.of(
                    new Rows(data), TrainComponent.xgboost(room.artifacts, TrainingRoom.PROGRAM)),
                List.of(),
                (_, _, _) -> room.task(data, "{}").run(),
                TrainingRoom.PROGRAM,
                folder.resolve("work"),
                new Commands(new ProcessRunner(folder.resolve("commands")), () -> ""),
                List.of(new TreeParzen()),
                Clock.systemUTC())) {
      var texts = new TreeMap<>(Map.of("millrace.yaml", "name: t\n", "pipelines/p.yaml", PIPELINE));
      new Definitions(
              database,
              new Metadata(database, Clock.systemUTC()),
              List.of(pipelines.kind()),
              Clock.systemUTC())
          .apply(new ProjectFiles("t", texts, new TreeMap<>()));
      var started = pipelines.start("tuned", Map.of(), true);
      var run = pipelines.await(started.id(), Duration.ofMinutes(5));
      assertThat(run.error()).isNull();
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      var trials = pipelines.instances(run.id(), "train", null, -1, 10);
      assertThat(trials).hasSize(3);
      double best =
          trials.stream()
              .mapToDouble(trial -> trial.summary().at("/validation/auc").asDouble())
              .max()
              .orElseThrow();
      var train = run.step("train");
      assertThat(train.summary().path("metrics.auc").asDouble()).isEqualTo(best);
      var taken = trials.get(train.summary().path("best_trial").asInt());
      assertThat(train.outputs().path("model")).isEqualTo(taken.outputs().path("model"));
      assertThat(train.outputs().path("best")).isEqualTo(taken.given().path("search"));
      assertThat(train.outputs().path("trials")).isEqualTo(Json.tree(3));
      assertThat(trials.stream().map(t -> t.summary().at("/parameters/max_depth").asInt()).toList())
          .isEqualTo(trials.stream().map(t -> t.given().at("/search/depth").asInt()).toList());
    }
  }
}
