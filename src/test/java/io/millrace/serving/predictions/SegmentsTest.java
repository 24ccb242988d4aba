package io.millrace.serving.predictions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentsTest {
  private static final Instant AT = Instant.parse("2001-02-01T10:00:00.123456Z");

  @TempDir Path folder;

  /** The highest number of a segment so far: several may be begun within a millisecond. */
  private long last;

  private static List<String> ids(Path file) {
    var ids = new ArrayList<String>();
    Segments.read(file, logged -> ids.add(logged.id()));
    return ids;
  }

  /** Writes a segment; returns its file. */
  private Path write(List<Prediction> predictions, Set<String> mask) {
    var segments = new Segments(folder.resolve("segments"));
    var frames = new Frames();
    try (var writer =
        new SegmentWriter(segments, last, Clock.systemUTC(), SegmentWriter.LARGEST, () -> {})) {
      for (var one : predictions) writer.append(frames.write(one, mask), new LogCounts.Counter());
      writer.flush();
      last = writer.open();
      return segments.path(writer.open());
    }
  }

  private static Prediction prediction(String id) {
    return LogRoom.prediction(
        id,
        AT,
        List.of(Tensor.of("age", 1.5f, Float.NaN), Tensor.of("name", "a", "ä€")),
        List.of(Tensor.of("p", 0.25f, Float.POSITIVE_INFINITY)));
  }

  @Test
  void aTornEndIsCutAtEveryByteAndNothingBeforeItIsLost() throws IOException {
    var ids = List.of("first", "second", "third");
    var whole =
        Files.readAllBytes(write(ids.stream().map(SegmentsTest::prediction).toList(), Set.of()));
    var ends = ends(whole);
    var torn = new Segments(folder.resolve("torn"));
    for (int length = 0; length <= whole.length; length++) {
      var file = torn.path(1);
      Files.write(file, Arrays.copyOf(whole, length));
      var before = ids(file);
      torn.repair();
      assertThat(before)
          .as("cut at %d", length)
          .isEqualTo(ids.subList(0, (int) ends.stream().filter(within(length)).count()));
      if (length < 8) {
        assertThat(file).doesNotExist();
      } else {
        assertThat(ids(file)).as("cut at %d", length).isEqualTo(before);
        long repaired = Files.size(file);
        torn.repair();
        assertThat(Files.size(file)).isEqualTo(repaired);
      }
    }
    Files.write(torn.path(1), whole);
    torn.repair();
    assertThat(Files.readAllBytes(torn.path(1))).isEqualTo(whole);
  }

  /** Where each frame of a whole segment ends. */
  private static List<Integer> ends(byte[] segment) {
    var ends = new ArrayList<Integer>();
    var in = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 8; at < segment.length; ends.add(at)) at += Frames.HEAD + in.getInt(at);
    return ends;
  }

  private static Predicate<Integer> within(int length) {
    return end -> end <= length;
  }

  @Test
  void whatIsDamagedIsNeverReadAsSomethingElse() throws IOException {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var ids = List.of("first", "second", "third");
    var file = write(ids.stream().map(SegmentsTest::prediction).toList(), Set.of());
    var whole = Files.readAllBytes(file);
    for (int i = 0; i < 500; i++) {
      var damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      var read = ids(file);
      assertThat(read).as("seed %d", seed).isEqualTo(ids.subList(0, read.size()));
    }
  }

  @Test
  void aRequestOfSeveralRowsIsOnePredictionEach() {
    var file = write(List.of(prediction("request")), Set.of("name"));
    Segments.read(
        file,
        logged -> {
          assertThat(logged.rows()).isEqualTo(2);
          assertThat(logged.at()).isEqualTo(AT);
          assertThat(logged.row(0, 2))
              .containsExactly(
                  "request/0",
                  "request",
                  0L,
                  AT,
                  "houses",
                  "titanic/1",
                  "ab".repeat(32),
                  null,
                  123L,
                  "mine",
                  "{\"traceparent\":\"00-1-2-03\"}",
                  "{\"age\":1.5,\"name\":null}",
                  "{\"p\":0.25}");
          assertThat(logged.row(1, 2))
              .contains("request/1", "{\"age\":null,\"name\":null}", "{\"p\":\"Infinity\"}");
        });
  }

  @Test
  void everyDatatypeComesBackAsItWas() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (var type : DataType.values()) {
      var data = Array.newInstance(type.carrier().componentType(), 6);
      for (int i = 0; i < 6; i++) {
        switch (data) {
          case float[] values -> values[i] = random.nextFloat();
          case double[] values -> values[i] = random.nextDouble();
          case long[] values -> values[i] = random.nextLong();
          case int[] values -> values[i] = random.nextInt();
          case short[] values -> values[i] = (short) random.nextInt();
          case byte[] values -> values[i] = (byte) random.nextInt();
          case boolean[] values -> values[i] = random.nextBoolean();
          case String[] values -> values[i] = "ä" + random.nextInt();
          default -> throw new AssertionError(type);
        }
      }
      var tensor = new Tensor("x", type, new long[] {2, 3}, data);
      var file = write(List.of(LogRoom.prediction("id", AT, List.of(tensor), List.of())), Set.of());
      Segments.read(
          file,
          logged -> {
            var inputs = logged.inputs();
            assertThat(inputs).isNotNull();
            assertThat(inputs.getFirst().tensor()).as("%s, seed %d", type, seed).isEqualTo(tensor);
          });
    }
  }

  @Test
  void aRequestThatIsTooLargeIsKeptWithoutItsTensors() {
    var large = Tensor.of("x", new float[300_000]);
    var file =
        write(List.of(LogRoom.prediction("id", AT, List.of(large), List.of(large))), Set.of());
    Segments.read(
        file,
        logged -> {
          assertThat(logged.rows()).isEqualTo(1);
          assertThat(logged.row(0, 1))
              .startsWith("id", "id", 0L, AT)
              .endsWith(new Object[] {null, null});
        });
    assertThat(ids(file)).containsExactly("id");
  }
}
