package io.millrace.serving.predictions;

import static io.millrace.serving.predictions.LogRoom.HOUSES;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactorTest {
  @TempDir Path folder;

  /** Ends the work where a kill would. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private List<Path> files(String part, String suffix) throws Exception {
    try (var all = Files.walk(folder.resolve("predictions").resolve(part))) {
      return all.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }

  /** Each start writes a segment of its own. */
  private List<String> segments(LogRoom.Time clock, int count) {
    var ids = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      try (var room = new LogRoom(folder, clock, new Predictions.Tuning(LogRoom.FLUSH)).writing()) {
        for (int j = 0; j < 3; j++) ids.add(room.offer(j));
      }
      clock.pass(Duration.ofSeconds(1));
    }
    return ids;
  }

  @Test
  void segmentsBecomeFilesByEndpointAndDay() throws Exception {
    var clock = new LogRoom.Time();
    var ids = new ArrayList<>(segments(clock, 2));
    clock.pass(Duration.ofDays(1));
    ids.addAll(segments(clock, 1));
    try (var room = new LogRoom(folder, clock, new Predictions.Tuning(LogRoom.FLUSH))) {
      room.predictions.compact();
      assertThat(files("segments", ".segment")).isEmpty();
      assertThat(files("parquet", ".parquet"))
          .extracting(
              file -> folder.resolve("predictions/parquet").relativize(file).getParent().toString())
          .containsExactlyInAnyOrder(
              "endpoint=houses/day=2001-02-01",
              "endpoint=houses/day=2001-02-01",
              "endpoint=houses/day=2001-02-02");
      assertThat(room.ids(null)).containsExactlyInAnyOrderElementsOf(ids);
      assertThat(room.predictions.prediction(ids.getFirst()).path("inputs").path("name").asText())
          .isEqualTo("row 0");
    }
  }

  @Test
  void aKillAtAnyStepNeitherLosesNorRepeatsAPrediction() {
    var clock = new LogRoom.Time();
    var reached = new LinkedHashMap<String, Integer>();
    var ids = new ArrayList<String>();
    for (int round = 0; round < 24; round++) {
      ids.addAll(segments(clock, round == 0 ? Compactor.MERGED : 2));
      int target = round;
      int[] steps = {0};
      Compactor.Steps killer =
          step -> {
            reached.merge(step, 1, Integer::sum);
            if (steps[0]++ == target) throw new Killed();
          };
      var tuning =
          new Predictions.Tuning(LogRoom.FLUSH, PredictionLog.RING, SegmentWriter.LARGEST, killer);
      try (var room = new LogRoom(folder, clock, tuning)) {
        try {
          room.predictions.compact();
        } catch (Killed e) {
          // what is on the disk now is what a kill would leave
        }
        assertThat(room.ids(null)).as("round %d", round).containsExactlyInAnyOrderElementsOf(ids);
      }
      try (var again = new LogRoom(folder, clock, new Predictions.Tuning(LogRoom.FLUSH))) {
        assertThat(again.ids(null)).as("round %d", round).containsExactlyInAnyOrderElementsOf(ids);
      }
    }
    assertThat(reached)
        .containsOnlyKeys(
            "files of a segment written",
            "files of a segment count",
            "merged file written",
            "merged file counts",
            "segment deleted");
  }

  @Test
  void manySmallFilesOfADayAreMerged() throws Exception {
    var clock = new LogRoom.Time();
    var ids = segments(clock, Compactor.MERGED + 1);
    try (var room = new LogRoom(folder, clock, new Predictions.Tuning(LogRoom.FLUSH))) {
      room.predictions.compact();
      assertThat(files("parquet", ".parquet")).hasSize(1);
      assertThat(room.ids(null)).containsExactlyInAnyOrderElementsOf(ids);
    }
  }

  @Test
  void whatIsOlderThanItIsToBeKeptGoes() throws Exception {
    var clock = new LogRoom.Time();
    segments(clock, 1);
    clock.pass(Duration.ofDays(3));
    var kept = segments(clock, 1);
    try (var room = new LogRoom(folder, clock, new Predictions.Tuning(LogRoom.FLUSH))) {
      room.deploy();
      room.predictions.compact();
      assertThat(room.ids(null)).hasSize(6);
      room.predictions.set(HOUSES, new LogSettings(1, List.of(), 2));
      room.predictions.compact();
      assertThat(room.ids(null)).containsExactlyInAnyOrderElementsOf(kept);
      assertThat(files("parquet", ".parquet")).hasSize(1);
    }
  }

  @Test
  void aLargeSegmentIsCompactedByItselfWhileOthersAreWritten() {
    var tuning = new Predictions.Tuning(LogRoom.FLUSH, PredictionLog.RING, 10_000, _ -> {});
    try (var room = new LogRoom(folder, new LogRoom.Time(), tuning)) {
      room.predictions.start();
      var ids = new ArrayList<String>();
      for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 60; i++) ids.add(room.offer(i));
        assertThat(room.ids(null)).as("round %d", round).containsExactlyInAnyOrderElementsOf(ids);
      }
    }
  }

  @Test
  void filesThatDoNotCountAreSweptOnlyWhileNobodyReads() throws Exception {
    var left = folder.resolve("predictions/parquet/endpoint=houses/day=2001-01-01/left.parquet");
    try (var room = new LogRoom(folder)) {
      Files.createDirectories(left.getParent());
      Files.writeString(left, "half a file");
      room.predictions.over(
          Span.of(null, null, null),
          _ -> {
            var sweeping = Thread.ofVirtual().start(room.predictions::compact);
            try {
              sweeping.join();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            assertThat(left).exists();
            return true;
          });
      room.predictions.compact();
      assertThat(left).doesNotExist();
    }
  }
}
