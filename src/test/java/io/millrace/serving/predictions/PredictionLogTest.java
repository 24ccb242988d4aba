package io.millrace.serving.predictions;

import static io.millrace.serving.predictions.LogRoom.HOUSES;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Ids;
import io.millrace.models.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionLogTest {
  @TempDir Path folder;

  @Test
  void aFullRingGivesUpCountsAndNeverWaits() {
    var tuning = new Predictions.Tuning(LogRoom.FLUSH, 16, SegmentWriter.LARGEST, _ -> {});
    try (var room = new LogRoom(folder, new LogRoom.Time(), tuning)) {
      // Nobody writes yet, so that all but the first 16 find no room.
      for (int i = 0; i < 100; i++) room.offer(i);
      assertThat(room.predictions.standing(HOUSES).counts()).isEqualTo(new LogCounts(0, 0, 84, 0));
      room.writing();
      assertThat(room.ids(null)).hasSize(16);
      assertThat(room.predictions.standing(HOUSES).counts()).isEqualTo(new LogCounts(16, 0, 84, 0));
      room.offer(100);
      assertThat(room.ids(null)).hasSize(17);
    }
  }

  @Test
  void whatWaitsIsBoundedInBytesToo() {
    try (var room = new LogRoom(folder)) {
      var large = Tensor.of("x", new float[1 << 20]);
      var ids = new Ids(room.clock);
      var first = ids.next();
      for (int i = 0; i < 20; i++)
        room.predictions
            .log()
            .offer(
                LogRoom.prediction(
                    i == 0 ? first : ids.next(), room.clock.instant(), List.of(large), List.of()));
      assertThat(room.predictions.standing(HOUSES).counts().lost()).isEqualTo(13);
      room.writing();
      assertThat(room.predictions.prediction(first).path("inputs").isNull()).isTrue();
    }
  }

  @Test
  void manyThreadsMayOfferAndEachIsWrittenOnce() throws Exception {
    try (var room = new LogRoom(folder).writing();
        var threads = Executors.newFixedThreadPool(4)) {
      var work = new ArrayList<Callable<List<String>>>();
      for (int thread = 0; thread < 4; thread++)
        work.add(() -> {
          var ids = new ArrayList<String>();
          for (int i = 0; i < 2_000; i++) ids.add(room.offer(i));
          return ids;
        });
      var offered = new HashSet<String>();
      for (var ended : threads.invokeAll(work)) offered.addAll(ended.get());
      assertThat(room.predictions.standing(HOUSES).counts().lost()).isZero();
      var found = room.predictions.sql("select id from predictions", HOUSES, null, null, 10_000);
      var ids = new ArrayList<String>();
      for (var row : found.path("rows")) ids.add(row.path(0).asText());
      assertThat(ids).hasSize(8_000);
      assertThat(new HashSet<>(ids)).isEqualTo(offered);
    }
  }

  @Test
  void aStartGoesOnFromWhatWasWritten() {
    var ids = new ArrayList<String>();
    for (int start = 0; start < 3; start++) {
      try (var room = new LogRoom(folder).writing()) {
        for (int i = 0; i < 5; i++) ids.add(room.offer(i));
      }
    }
    try (var room = new LogRoom(folder)) {
      assertThat(room.ids(null)).containsExactlyInAnyOrderElementsOf(ids);
    }
  }

  @Test
  void theRingKeepsTheOrderAndEveryPlaceIsUsedAgain() {
    var ring = new Ring<Integer>(4);
    int put = 0;
    int taken = 0;
    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < round % 5; i++) if (ring.put(put)) put++;
      for (int i = 0; i < round % 3; i++) {
        var value = ring.take();
        if (value != null) assertThat(value).isEqualTo(taken++);
      }
      assertThat(put - taken).isBetween(0, 4);
    }
    while (ring.put(put)) put++;
    assertThat(ring.claimed() - ring.taken()).isEqualTo(4);
  }
}
