package io.millrace.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Database;
import io.millrace.base.NotFound;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExperimentsTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-01T10:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private Database database;
  private Experiments experiments;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    experiments = new Experiments(database, CLOCK);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aPipelineIsOneExperimentAndEachTrainingStepARun() {
    experiments.open("delay", "r1", "train").close(true);
    experiments.open("delay", "r2", "train").close(false);
    assertThat(database.<List<Experiment>>read(experiments::experiments))
        .extracting(Experiment::name)
        .containsExactly("delay");
    List<Run> runs = database.read(s -> experiments.runs(s, "delay"));
    assertThat(runs)
        .extracting(Run::state)
        .containsExactlyInAnyOrder(RunState.FINISHED, RunState.FAILED);
    assertThat(database.<List<Run>>read(s -> experiments.runsOf(s, "r2")))
        .extracting(Run::state)
        .containsExactly(RunState.FAILED);
  }

  @Test
  void everythingNotedIsDurableOnceTheRunIsClosed() {
    var log = experiments.open("delay", "r1", "train");
    log.param("eta", "0.1");
    log.param("eta", "0.2");
    for (int step = 0; step < 2_500; step++) log.metric("valid.auc", step / 2_500.0, step);
    log.metric("bad", Double.NaN, 0);
    log.close(true);
    database.close();
    database = Database.open(folder.resolve("millrace.db"));
    experiments = new Experiments(database, CLOCK);
    Run run = database.<List<Run>>read(s -> experiments.runs(s, "delay")).getFirst();
    assertThat(database.<SortedMap<String, String>>read(s -> experiments.params(s, run.id())))
        .containsEntry("eta", "0.2");
    List<Metric> history = database.read(s -> experiments.history(s, run.id(), "valid.auc"));
    assertThat(history).hasSize(2_500);
    List<Metric> latest = database.read(s -> experiments.latest(s, run.id()));
    assertThat(latest).extracting(Metric::key).containsExactly("bad", "valid.auc");
    assertThat(latest.getFirst().value()).isNaN();
    assertThat(latest.getLast().step()).isEqualTo(2_499);
  }

  @Test
  void theLatestValueIsThatOfTheGreatestStepWheneverItCame() {
    var log = experiments.open("delay", "r1", "train");
    for (int step : new int[] {3, 1, 2}) {
      log.metric("loss", step, step);
      for (int i = 0; i < 1_000; i++) log.metric("filler", i, i);
    }
    log.close(true);
    Run run = database.<List<Run>>read(s -> experiments.runs(s, "delay")).getFirst();
    assertThat(database.<List<Metric>>read(s -> experiments.latest(s, run.id())))
        .filteredOn(metric -> metric.key().equals("loss"))
        .extracting(Metric::value)
        .containsExactly(3.0);
  }

  @Test
  void aClosedRunTakesNothingMore() {
    var log = experiments.open("delay", "r1", "train");
    log.close(true);
    log.close(false);
    assertThatThrownBy(() -> log.metric("late", 1, 1)).isInstanceOf(IllegalStateException.class);
    assertThat(database.<List<Run>>read(s -> experiments.runs(s, "delay")).getFirst().state())
        .isEqualTo(RunState.FINISHED);
  }

  @Test
  void runsOfAProgramThatIsGoneAreEnded() {
    experiments.open("delay", "r1", "train");
    assertThat(database.<Integer>write(experiments::endAbandoned)).isEqualTo(1);
    assertThat(database.<List<Run>>read(s -> experiments.runs(s, "delay")).getFirst().state())
        .isEqualTo(RunState.KILLED);
  }

  @Test
  void anUnknownExperimentIsAnsweredWithTheNearest() {
    experiments.open("flight-delay", "r1", "train").close(true);
    assertThatThrownBy(() -> database.read(s -> experiments.runs(s, "flight-dely")))
        .isInstanceOf(NotFound.class)
        .hasMessage("no experiment \"flight-dely\"; did you mean \"flight-delay\"?");
  }
}
