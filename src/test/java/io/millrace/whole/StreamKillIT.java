package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import io.millrace.kafka.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 while a stream answers: every record is answered, and what is answered again has the same
 * id and the same answer.
 */
final class StreamKillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 20 : 3);
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 3_000;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path folder;

  @Test
  void everyRecordIsAnsweredAcrossKillsAndDoublesHaveOneId() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    try (var broker = new KafkaBroker(folder)) {
      var environment = Map.of("MILLRACE_KAFKA", broker.address());
      broker.topic("in", PARTITIONS, Map.of());
      try (var first = Program.up(data, environment)) {
        var model =
            Program.HOME.resolve("src/test/resources/models/titanic_logreg.onnx").toString();
        first.done("model", "import", "titanic", model);
        first.done("deploy", "titanic", "--model", "titanic");
        first.done("stream", "start", "s", "--endpoint", "titanic", "--from", "in", "--to", "out");
        assertThat(first.done("stream", "list").out()).contains("titanic", "in", "out");
      }
      int sent = 0;
      for (int kill = 0; kill < KILLS; kill++) {
        var program = Program.up(data, environment);
        for (int i = 0; i < RECORDS; i++) send(broker, sent++);
        broker.flush();
        int before = sent;
        // Somewhere among the answers to these.
        int until = before - RECORDS + random.nextInt(RECORDS);
        await(() -> answered(broker) > until, "seed %d, kill %d".formatted(seed, kill));
        program.kill();
      }
      try (var last = Program.up(data, environment)) {
        int all = sent;
        await(() -> ids(broker).size() >= all, "seed %d, %d records".formatted(seed, all));
        check(broker, all, "seed %d".formatted(seed));
        var dead = Json.parse(last.get("/api/v1/streams/s").body()).path("counts");
        assertThat(dead.path("dead_letters").asInt()).isZero();
        assertThat(last.get("/metrics").body()).contains("millrace_stream_records_total");
      }
    }
  }

  private static void send(KafkaBroker broker, int number) {
    var row =
        """
        {"age": %d, "fare": 26.55, "pclass": 1, "sibsp": 0, "parch": 0, "sex": "female", "embarked": "S"}
        """
            .formatted(number % 90);
    broker.send(
        new ProducerRecord<>(
            "in",
            number % PARTITIONS,
            String.valueOf(number).getBytes(StandardCharsets.UTF_8),
            row.getBytes(StandardCharsets.UTF_8)));
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition, String where) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.holds()) {
      if (System.nanoTime() > end) throw new AssertionError("not in time: " + where);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private static int answered(KafkaBroker broker) {
    return broker.all("out").size();
  }

  private static HashSet<String> ids(KafkaBroker broker) {
    var ids = new HashSet<String>();
    for (var answer : broker.all("out"))
      ids.add(String.valueOf(KafkaBroker.header(answer, "millrace-prediction-id")));
    return ids;
  }

  private static void check(KafkaBroker broker, int records, String where) {
    var ids = new HashMap<String, String>();
    var answers = new TreeMap<Integer, String>();
    var last = new int[] {-1, -1, -1};
    for (var answer : broker.all("out")) {
      var key = new String(answer.key(), StandardCharsets.UTF_8);
      int number = Integer.parseInt(key);
      var id = String.valueOf(KafkaBroker.header(answer, "millrace-prediction-id"));
      assertThat(ids.merge(id, key, (one, _) -> one)).as(where).isEqualTo(key);
      var value = new String(answer.value(), StandardCharsets.UTF_8);
      boolean again = answers.containsKey(number);
      assertThat(answers.merge(number, value, (one, _) -> one)).as(where).isEqualTo(value);
      if (again) continue;
      // What is new comes in its order.
      assertThat(number).as(where).isGreaterThan(last[answer.partition()]);
      last[answer.partition()] = number;
    }
    assertThat(answers).as(where).hasSize(records);
    assertThat(ids).as(where).hasSize(records);
  }
}
