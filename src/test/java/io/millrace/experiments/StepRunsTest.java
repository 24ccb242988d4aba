package io.millrace.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pipelines.RunLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runs that steps of pipelines open, and open again after a server was gone. */
final class StepRunsTest {
  @TempDir Path folder;
  private ExperimentsRoom room;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  private RunLog reopened() {
    return room.runs.reopen("p", "run-1", "train");
  }

  /** How many values each metric has. */
  private Map<String, Long> points(String run) {
    return room.runs.summaries(new RunId(run)).stream()
        .collect(Collectors.toMap(m -> m.latest().key(), MetricSummary::points));
  }

  @Test
  void whatALongCommandGaveIsNotedTogetherWithItsEnd() {
    var log = room.runs.open("p", "run-1", "train");
    room.pass(Duration.ofMinutes(10));
    log.metric("auc", 0.7, 0);
    log.metric("rows", 12, 0);
    assertThat(points(log.id())).isEmpty();
    log.close(true);
    assertThat(points(log.id())).isEqualTo(Map.of("auc", 1L, "rows", 1L));
  }

  @Test
  void anOpenRunIsGoneOnWith() {
    var log = room.runs.open("p", "run-1", "train");
    log.metric("auc", 0.7, 0);
    var again = reopened();
    assertThat(again.id()).isEqualTo(log.id());
    again.metric("auc", 0.7, 0);
    again.close(true);
    assertThat(points(log.id())).isEqualTo(Map.of("auc", 1L));
  }

  @Test
  void aRunThatEndedBeforeItsStepDidIsNotNotedTwice() {
    var log = room.runs.open("p", "run-1", "train");
    log.metric("auc", 0.7, 0);
    log.close(true);
    var again = reopened();
    assertThat(again.id()).isEqualTo(log.id());
    again.metric("auc", 0.7, 0);
    again.close(true);
    assertThat(points(log.id())).isEqualTo(Map.of("auc", 1L));
  }

  @Test
  void oneThatFailedIsOfAnEarlierAttempt() {
    var log = room.runs.open("p", "run-1", "train");
    log.close(false);
    assertThat(reopened().id()).isNotEqualTo(log.id());
  }
}
