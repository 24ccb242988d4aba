package io.millrace.serving.streams;

import static io.millrace.kafka.KafkaBroker.header;
import static io.millrace.serving.streams.StreamRoom.SUMS;
import static io.millrace.serving.streams.StreamRoom.numbers;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kafka.BrokerProcess;
import io.millrace.kafka.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream of several servers, and a broker that is killed under one. */
class SharedAndBrokenTest {
  private static final long SEED = Long.getLong("seed", 20_260_402L);
  private static final int PARTITIONS = 4;
  private static final StreamName NAME = new StreamName("s");

  @TempDir Path folder;
  @TempDir Path other;

  private static StreamDefinition stream() {
    return new StreamDefinition(NAME, SUMS, "in", "out", "dead", null);
  }

  private static void rows(KafkaBroker broker, int first, int count) {
    for (int row = first; row < first + count; row++)
      broker.send(
          new ProducerRecord<>(
              "in",
              row % PARTITIONS,
              String.valueOf(row).getBytes(StandardCharsets.UTF_8),
              "{\"x\": %d}".formatted(row).getBytes(StandardCharsets.UTF_8)));
    broker.flush();
  }

  private static long done(StreamRoom room) {
    return room.streams.stream(NAME).answered();
  }

  private static int answered(KafkaBroker broker) {
    return ids(broker).size();
  }

  /** The rows that were answered, each under the one id that all its answers have. */
  private static Map<String, String> ids(KafkaBroker broker) {
    return broker.all("out").stream()
        .collect(
            Collectors.toMap(
                answer -> {
                  var row = new String(answer.key(), StandardCharsets.UTF_8);
                  assertThat(numbers(answer.value())).containsExactly(Double.parseDouble(row) + 1);
                  return row;
                },
                answer -> String.valueOf(header(answer, "millrace-prediction-id")),
                (one, another) -> {
                  assertThat(another).as("seed %d", SEED).isEqualTo(one);
                  return one;
                }));
  }

  @Test
  void twoServersShareAStreamsPartitionsAndOneTakesOverTheOthers() throws Exception {
    try (var broker = new KafkaBroker(folder)) {
      broker.topic("in", PARTITIONS, Map.of());
      try (var staying = new StreamRoom(folder, broker.address())) {
        staying.streams.put(stream());
        try (var leaving = new StreamRoom(other, broker.address())) {
          leaving.streams.put(stream());
          int sent = 0;
          // Until the group has given each of them a part.
          while (done(staying) == 0 || done(leaving) == 0) {
            rows(broker, sent, 200);
            sent += 200;
            int all = sent;
            StreamRoom.await(
                () -> answered(broker) >= all,
                () -> "answers to %d: %s".formatted(all, staying.streams.list()));
          }
          assertThat(ids(broker)).hasSize(sent);
          assertThat(ids(broker).values()).doesNotHaveDuplicates();
          leaving.streams.close();
          rows(broker, sent, 800);
          int all = sent + 800;
          StreamRoom.await(
              () -> answered(broker) >= all,
              () -> "the other's partitions: " + staying.streams.list());
          assertThat(ids(broker).values()).doesNotHaveDuplicates();
          assertThat(broker.all("dead")).isEmpty();
        }
      }
    }
  }

  @Test
  void aBrokerThatIsKilledAndComesBackCostsNoRecordAndNoId() throws Exception {
    var random = new Random(SEED);
    try (var process = new BrokerProcess(other);
        var broker = new KafkaBroker(process.address())) {
      broker.topic("in", PARTITIONS, Map.of());
      broker.topic("out", PARTITIONS, Map.of());
      try (var room = new StreamRoom(folder, process.address())) {
        int count = 4_000;
        rows(broker, 0, count);
        room.streams.put(stream());
        int until = 1 + random.nextInt(count / 2);
        StreamRoom.await(
            () -> done(room) >= until, () -> "seed %d: %s".formatted(SEED, room.streams.list()));
        process.kill();
        StreamRoom.await(
            () -> room.streams.stream(NAME).state() == Stream.State.RETRYING,
            () -> "told: " + room.streams.list());
        process.startAgain();
        StreamRoom.await(
            () -> room.streams.stream(NAME).state() == Stream.State.RUNNING,
            () -> "runs again: " + room.streams.list());
        rows(broker, count, 500);
        StreamRoom.await(
            () -> answered(broker) >= count + 500,
            () -> "seed %d: %s".formatted(SEED, room.streams.list()));
        assertThat(ids(broker)).hasSize(count + 500);
        assertThat(ids(broker).values()).doesNotHaveDuplicates();
        assertThat(room.logged()).containsExactlyInAnyOrderElementsOf(ids(broker).values());
      }
    }
  }
}
