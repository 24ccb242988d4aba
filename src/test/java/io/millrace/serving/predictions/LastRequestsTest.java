package io.millrace.serving.predictions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.models.Tensor;
import io.millrace.serving.EndpointName;
import io.millrace.serving.RecentRequests;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastRequestsTest {
  @TempDir Path folder;

  private static List<String> newest(LogRoom room) {
    return room.predictions.recent(LogRoom.HOUSES).stream()
        .map(RecentRequests.Recorded::id)
        .toList();
  }

  @Test
  void theNewestRequestsOfAnEndpointComeFirstAndWholeAndOverSegments() {
    var small = new Predictions.Tuning(LogRoom.FLUSH, PredictionLog.RING, 2_000, _ -> {});
    try (var room = new LogRoom(folder, new LogRoom.Time(), small).writing()) {
      assertThat(newest(room)).isEmpty();
      var ids = new ArrayList<String>();
      for (int age = 0; age < 150; age++) {
        ids.addFirst(room.offer(age));
        if (age % 10 == 0) assertThat(newest(room).getFirst()).isEqualTo(ids.getFirst());
      }
      assertThat(newest(room)).isEqualTo(ids.subList(0, LastRequests.MOST));
      assertThat(room.predictions.recent(LogRoom.HOUSES).getFirst().inputs())
          .containsExactly(Tensor.of("age", 149f), Tensor.of("name", "row 149"));
      assertThat(room.predictions.recent(new EndpointName("house"))).isEmpty();
    }
  }

  /** More than is read of the end of a segment, and requests of several lengths. */
  @Test
  void ofALongSegmentTheEndIsEnough() {
    try (var room = new LogRoom(folder).writing()) {
      var ids = new ArrayList<String>();
      for (int i = 0; i < 3_000; i++) {
        var text = "x".repeat(i % 257);
        var id = "%032x".formatted(i);
        room.predictions
            .log()
            .offer(
                LogRoom.prediction(
                    id, room.clock.instant(), List.of(Tensor.of("name", text)), List.of()));
        ids.addFirst(id);
        if (i % 500 == 499 || i > 2_980)
          assertThat(newest(room)).isEqualTo(ids.subList(0, LastRequests.MOST));
      }
    }
  }

  @Test
  void aRequestWithAMaskedInputIsPassedOver() throws IOException {
    try (var room = new LogRoom(folder).writing()) {
      room.deploy();
      var whole = room.offer(1);
      assertThat(newest(room)).containsExactly(whole);
      room.predictions.set(LogRoom.HOUSES, new LogSettings(1, List.of("probability"), 30));
      var withoutAnswer = room.offer(2);
      assertThat(newest(room)).containsExactly(withoutAnswer, whole);
      room.predictions.set(LogRoom.HOUSES, new LogSettings(1, List.of("age"), 30));
      room.offer(3);
      assertThat(newest(room)).containsExactly(withoutAnswer, whole);
    }
  }

  @Test
  void aRequestThatWasTooLargeToBeKeptIsPassedOver() {
    try (var room = new LogRoom(folder).writing()) {
      var text = "x".repeat(Frames.LARGEST + 1);
      var large =
          LogRoom.prediction(
              "large", room.clock.instant(), List.of(Tensor.of("a", text)), List.of());
      room.predictions.log().offer(large);
      var small = room.offer(1);
      assertThat(newest(room)).containsExactly(small);
    }
  }
}
