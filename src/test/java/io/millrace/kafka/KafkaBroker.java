package io.millrace.kafka;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.Logger;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/** A real Kafka of one node in this process, and a program that writes and reads its topics. */
public final class KafkaBroker implements AutoCloseable {
  /** Held here, since a logger that nobody holds forgets its level. */
  private static final List<Logger> QUIET =
      List.of(
          Logger.getLogger("org.apache.kafka"),
          Logger.getLogger("kafka"),
          Logger.getLogger("state.change.logger"));

  private final String address;
  private final @Nullable KafkaRaftServer server;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Queue<Future<RecordMetadata>> sent = new ConcurrentLinkedQueue<>();

  public KafkaBroker(Path folder) throws Exception {
    this(folder, Map.of());
  }

  /**
   * @param more settings; a listener among "listeners" is one beside that of the test
   */
  public KafkaBroker(Path folder, Map<String, String> more) throws Exception {
    this("127.0.0.1:" + freePort(), folder, more);
  }

  private KafkaBroker(String address, Path folder, Map<String, String> more) throws Exception {
    this(address, serve(address, "127.0.0.1:" + freePort(), folder, more));
  }

  /** The test's program alone, for a broker that runs elsewhere. */
  public KafkaBroker(String address) {
    this(address, null);
  }

  private KafkaBroker(String address, @Nullable KafkaRaftServer server) {
    QUIET.forEach(logger -> logger.setLevel(Level.SEVERE));
    this.address = address;
    this.server = server;
    admin = Admin.create(Map.of("bootstrap.servers", address));
    producer =
        new KafkaProducer<>(
            // One request at a time: with several, batches for a topic that was just made were seen
            // to
            // stay unsent until their time was over.
            Map.of(
                "bootstrap.servers",
                address,
                "enable.idempotence",
                false,
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Starts a broker on the folder, which goes on with what one before it left there. */
  static KafkaRaftServer serve(
      String address, String controller, Path folder, Map<String, String> more) throws Exception {
    QUIET.forEach(logger -> logger.setLevel(Level.SEVERE));
    var data = folder.resolve("kafka");
    if (!Files.exists(data)) format(data.toString());
    var settings = new HashMap<String, Object>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", 1);
    settings.put("controller.quorum.voters", "1@" + controller);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put(
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL");
    settings.put("log.dirs", data.toString());
    settings.put("offsets.topic.replication.factor", (short) 1);
    settings.put("offsets.topic.num.partitions", 1);
    settings.put("transaction.state.log.replication.factor", (short) 1);
    settings.put("transaction.state.log.min.isr", 1);
    settings.put("group.initial.rebalance.delay.ms", 0);
    settings.put("auto.create.topics.enable", false);
    settings.put("log.cleaner.enable", false);
    settings.putAll(more);
    var others = more.containsKey("listeners") ? "," + more.get("listeners") : "";
    settings.put(
        "listeners", "PLAINTEXT://%s,CONTROLLER://%s%s".formatted(address, controller, others));
    var server = new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM);
    server.startup();
    return server;
  }

  private static void format(String data) throws Exception {
    new Formatter()
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(1)
        .addDirectory(data)
        .setMetadataLogDirectory(data)
        .setControllerListenerName("CONTROLLER")
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .run();
  }

  /** The client that the test sets the broker up with. */
  public Admin admin() {
    return admin;
  }

  public static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  public String address() {
    return address;
  }

  public void topic(String name, int partitions, Map<String, String> settings) {
    try {
      var topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(settings);
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends without waiting; {@link #flush} waits. */
  public void send(ProducerRecord<byte[], byte[]> record) {
    sent.add(producer.send(record));
  }

  public void flush() {
    producer.flush();
    try {
      for (var one = sent.poll(); one != null; one = sent.poll()) one.get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException("a record of the test was not written", e);
    }
  }

  /** All that the topic holds now, partition by partition in its order. */
  public List<ConsumerRecord<byte[], byte[]>> all(String topic) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", address),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      var partitions =
          consumer.partitionsFor(topic).stream()
              .map(one -> new TopicPartition(topic, one.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one)))
        consumer.poll(Duration.ofMillis(100)).forEach(found::add);
      found.sort(
          Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
              .thenComparingLong(ConsumerRecord::offset));
      return found;
    }
  }

  /** The text of a record's header; null where it has none of that name. */
  public static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    var header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    if (server == null) return;
    server.shutdown();
    server.awaitShutdown();
  }
}
