package io.millrace.serving.streams;

import static io.millrace.kafka.KafkaBroker.header;
import static io.millrace.serving.streams.StreamRoom.SUMS;
import static io.millrace.serving.streams.StreamRoom.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import io.millrace.kafka.KafkaBroker;
import io.millrace.serving.streams.kafka.KafkaTopics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Streams on a real Kafka; each test has topics and a group of its own. */
class StreamsTest {
  private static final int PARTITIONS = 3;

  @TempDir static Path shared;
  private static KafkaBroker broker;

  @TempDir Path folder;
  private String from;
  private String to;

  @BeforeAll
  static void start() throws Exception {
    broker = new KafkaBroker(shared);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @BeforeEach
  void topics(TestInfo test) {
    var name = test.getTestMethod().orElseThrow().getName();
    from = name + ".in";
    to = name + ".out";
    broker.topic(from, PARTITIONS, Map.of());
  }

  private StreamRoom room() {
    return new StreamRoom(folder, broker.address());
  }

  /** A stream's name is also its group's, so each test has another. */
  private StreamName name() {
    return new StreamName(from);
  }

  private StreamDefinition stream() {
    return new StreamDefinition(name(), SUMS, from, to, StreamDefinition.deadLetters(to), null);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private void send(int partition, String key, @Nullable String value) {
    var record =
        new ProducerRecord<>(from, partition, utf8(key), value == null ? null : utf8(value));
    record.headers().add("traceparent", utf8("00-trace-" + key));
    record.headers().add("correlation-id", utf8("of " + key));
    record.headers().add("millrace-prediction-id", utf8("somebody else's"));
    broker.send(record);
  }

  private void rows(int first, int count) {
    for (int i = first; i < first + count; i++)
      send(i % PARTITIONS, String.valueOf(i), "{\"x\": %d, \"note\": \"row %d\"}".formatted(i, i));
    broker.flush();
  }

  private List<ConsumerRecord<byte[], byte[]>> dead() {
    return broker.all(StreamDefinition.deadLetters(to));
  }

  private static String id(ConsumerRecord<byte[], byte[]> record) {
    return String.valueOf(header(record, "millrace-prediction-id"));
  }

  @Test
  void everyRecordIsAnsweredOnceInItsPartitionsOrderWhileTheEndpointIsSwapped() {
    int half = 2_000;
    try (var room = room()) {
      rows(0, half);
      assertThat(room.streams.put(stream()).state()).isEqualTo(Stream.State.RUNNING);
      room.done(name(), half / 4);
      rows(half, half);
      room.endpoints.deploy(SUMS, "adding/2");
      room.done(name(), 2L * half);

      var answers = broker.all(to);
      assertThat(answers).hasSize(2 * half);
      var next = new int[] {0, 1, 2};
      var versions = new HashSet<String>();
      var ids = new HashSet<String>();
      for (var answer : answers) {
        int row = Integer.parseInt(text(answer.key()));
        assertThat(row).as("partition %d", answer.partition()).isEqualTo(next[answer.partition()]);
        next[answer.partition()] += PARTITIONS;
        var version = Json.parse(text(answer.value())).path("model_version").asText();
        versions.add(version);
        assertThat(numbers(answer.value()))
            .containsExactly((double) row + Integer.parseInt(version));
        assertThat(header(answer, "traceparent")).isEqualTo("00-trace-" + row);
        assertThat(header(answer, "correlation-id")).isEqualTo("of " + row);
        assertThat(id(answer)).matches("[0-9a-f]{32}");
        ids.add(id(answer));
      }
      assertThat(versions).contains("2");
      assertThat(ids).hasSize(2 * half);
      assertThat(room.logged()).containsExactlyInAnyOrderElementsOf(ids);
      var first = room.predictions.prediction(id(answers.getFirst()));
      assertThat(first.path("context"))
          .isEqualTo(
              Json.parse(
                  "{\"traceparent\":\"00-trace-0\",\"correlation-id\":\"of 0\",\"record\":\"%s/0/0\"}"
                      .formatted(from)));
      assertThat(dead()).isEmpty();
      StreamRoom.await(
          () -> Long.valueOf(0).equals(room.streams.stream(name()).lag()),
          () -> "no lag: " + room.streams.stream(name()));
      assertThat(room.registry.get("millrace.stream.lag").tag("stream", from).gauge().value())
          .isZero();
    }
  }

  @Test
  void aBrokenRecordBecomesADeadLetterThatSaysWhyAndBlocksNothing() {
    var broken =
        Map.of(
            "text", "no JSON",
            "list", "[1]",
            "missing", "{\"y\": 1}",
            "type", "{\"x\": \"one\"}",
            "unknown",
                "{\"inputs\": [{\"name\": \"z\", \"datatype\": \"FP32\", \"shape\": [1], \"data\": [1]}]}",
            "bytes",
                "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1], \"data\": [1]}], \"parameters\": {\"binary_data_output\": true}}");
    try (var room = room()) {
      room.streams.put(stream());
      send(0, "none", null);
      broken.forEach((key, value) -> send(0, key, value));
      send(
          0,
          "request",
          "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [2], \"data\": [1, 2]}]}");
      send(0, "row", "{\"x\": 41}");
      broker.flush();
      room.done(name(), broken.size() + 3);

      var answers = broker.all(to);
      assertThat(answers)
          .extracting(answer -> text(answer.key()))
          .containsExactly("request", "row");
      assertThat(numbers(answers.get(0).value())).containsExactly(2.0, 3.0);
      assertThat(numbers(answers.get(1).value())).containsExactly(42.0);

      var why = new HashMap<String, String>();
      for (var letter : dead()) {
        var key = text(letter.key());
        why.put(key, String.valueOf(header(letter, "millrace-error")));
        assertThat(letter.value() == null ? null : text(letter.value())).isEqualTo(broken.get(key));
        assertThat(header(letter, "traceparent")).isEqualTo("00-trace-" + key);
        assertThat(header(letter, "millrace-topic")).isEqualTo(from);
        assertThat(header(letter, "millrace-partition")).isEqualTo("0");
        assertThat(header(letter, "millrace-offset")).isEqualTo(String.valueOf(letter.offset()));
        assertThat(id(letter)).matches("[0-9a-f]{32}");
      }
      assertThat(why.get("none")).isEqualTo("the record has no value");
      assertThat(why.get("text")).startsWith("JSON at line 1");
      assertThat(why.get("list")).startsWith("the value is no JSON object");
      assertThat(why.get("missing"))
          .isEqualTo("the row has no column \"x\", which the model needs; it has [y]");
      assertThat(why.get("type")).contains("\"x\"");
      assertThat(why.get("unknown")).contains("\"z\"");
      assertThat(why.get("bytes")).contains("binary_data_output");
      assertThat(room.streams.stream(name()).deadLetters()).isEqualTo(broken.size() + 1);
    }
  }

  @Test
  void whatWasNotCommittedIsAnsweredAgainUnderTheSameIds() {
    int count = 600;
    rows(0, count);
    try (var room = new StreamRoom(folder, broker.address(), forgetful())) {
      room.streams.put(stream());
      room.done(name(), count);
    }
    try (var room = room()) {
      rows(count, 30);
      room.done(name(), count + 30);
      var times =
          broker.all(to).stream()
              .collect(Collectors.groupingBy(StreamsTest::id, Collectors.toList()));
      assertThat(times).hasSize(count + 30);
      times.forEach((id, records) -> {
        var row = text(records.getFirst().key());
        assertThat(records).as(row).hasSize(Integer.parseInt(row) < count ? 2 : 1);
        assertThat(records).allSatisfy(record -> assertThat(text(record.key())).isEqualTo(row));
        assertThat(records)
            .allSatisfy(record ->
                assertThat(numbers(record.value())).containsExactly(Integer.parseInt(row) + 1.0));
      });
      assertThat(room.logged()).containsExactlyInAnyOrderElementsOf(times.keySet());
    }
  }

  /** As a server that is killed before it tells the group how far it has come. */
  private static Topics.Opener forgetful() {
    return (source, gone) -> {
      var real = KafkaTopics.open(source, gone);
      return new Topics() {
        @Override
        public String cluster() {
          return real.cluster();
        }

        @Override
        public List<Message> poll(Duration timeout, boolean more) {
          return real.poll(timeout, more);
        }

        @Override
        public CompletableFuture<?> send(Outgoing record) {
          return real.send(record);
        }

        @Override
        public void done(int partition, long next) {}

        @Override
        public long behind() {
          return real.behind();
        }

        @Override
        public void close() {
          real.close();
        }
      };
    };
  }

  @Test
  void recordsWaitWhileTheEndpointIsGoneAndNoneIsGivenUp() {
    try (var room = room()) {
      room.streams.put(stream());
      rows(0, 10);
      room.done(name(), 10);
      room.endpoints.delete(SUMS);
      rows(10, 1_500);
      StreamRoom.await(
          () -> room.streams.stream(name()).state() == Stream.State.RETRYING,
          () -> "retrying: " + room.streams.stream(name()));
      assertThat(room.streams.stream(name()).lastError().what())
          .isEqualTo("no endpoint \"sums\"; there are none");
      room.endpoints.deploy(SUMS, "adding/1");
      room.done(name(), 1_510);
      assertThat(room.streams.stream(name()).state()).isEqualTo(Stream.State.RUNNING);
      assertThat(broker.all(to)).hasSize(1_510);
      assertThat(dead()).isEmpty();
    }
  }

  @Test
  void whatAnOverloadedEndpointRefusesIsAskedAgain() {
    int count = 120;
    int large = 5_000;
    var data = IntStream.range(0, large).mapToObj(String::valueOf).collect(Collectors.joining(","));
    try (var room = room()) {
      room.endpoints.configure(SUMS, Json.parse("{\"concurrency\":1,\"queue\":1}"));
      for (int i = 0; i < count; i++)
        send(
            i % PARTITIONS,
            String.valueOf(i),
            "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [%d], \"data\": [%s]}]}"
                .formatted(large, data));
      broker.flush();
      room.streams.put(stream());
      room.done(name(), count);
      assertThat(room.streams.stream(name()).retries()).isPositive();
      var answers = broker.all(to);
      assertThat(answers).hasSize(count);
      var next = new int[] {0, 1, 2};
      for (var answer : answers) {
        assertThat(text(answer.key())).isEqualTo(String.valueOf(next[answer.partition()]));
        next[answer.partition()] += PARTITIONS;
      }
      assertThat(dead()).isEmpty();
    }
  }

  @Test
  void aStoppedStreamGoesOnWhereItWas() {
    try (var room = room()) {
      room.streams.put(stream());
      rows(0, 300);
      room.done(name(), 100);
      assertThat(room.streams.stop(name()).state()).isEqualTo(Stream.State.STOPPED);
      long until = broker.all(to).size();
      rows(300, 300);
      assertThat(broker.all(to)).hasSize((int) until);
    }
    try (var room = room()) {
      assertThat(room.streams.list())
          .extracting(Stream::state)
          .containsExactly(Stream.State.STOPPED);
      room.streams.start(name());
      StreamRoom.await(() -> broker.all(to).size() >= 600, () -> "600 answers");
      assertThat(broker.all(to).stream().map(StreamsTest::id).distinct()).hasSize(600);
      assertThat(broker.all(to)).hasSize(600);
      room.streams.delete(name());
      assertThat(room.streams.list()).isEmpty();
      assertThat(room.registry.find("millrace.stream.lag").gauge()).isNull();
      assertThatThrownBy(() -> room.streams.stream(name()))
          .isInstanceOf(NotFound.class)
          .hasMessage("no stream \"%s\"; there are none", from);
    }
  }

  @Test
  void anAnswerThatItsTopicDoesNotTakeBecomesADeadLetter() {
    broker.topic(to, PARTITIONS, Map.of("max.message.bytes", "2000"));
    var many = new float[1_000];
    Arrays.fill(many, 1.5f);
    try (var room = room()) {
      room.streams.put(stream());
      send(0, "small", "{\"x\": 1}");
      send(
          0,
          "large",
          "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1000], \"data\": %s}]}"
              .formatted(Arrays.toString(many)));
      send(0, "after", "{\"x\": 2}");
      broker.flush();
      room.done(name(), 3);
      assertThat(broker.all(to))
          .extracting(answer -> text(answer.key()))
          .containsExactly("small", "after");
      assertThat(dead())
          .singleElement()
          .satisfies(letter ->
              assertThat(header(letter, "millrace-error")).startsWith("the answer is too large"));
    }
  }

  @Test
  void aServerConnectsOnlyToWhatItsOperatorAllowed() {
    var elsewhere =
        new StreamDefinition(
            name(), SUMS, from, to, StreamDefinition.deadLetters(to), "10.0.0.1:9092");
    try (var room = room()) {
      assertThatThrownBy(() -> room.streams.put(elsewhere))
          .isInstanceOf(Refused.class)
          .hasMessage(
              "bootstrap: got \"10.0.0.1:9092\", expected none, or one that this server was started with (--kafka): "
                  + broker.address());
    }
    try (var room = new StreamRoom(folder, "")) {
      assertThatThrownBy(() -> room.streams.put(stream()))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("millrace up --kafka");
      assertThat(room.streams.list()).isEmpty();
    }
  }
}
