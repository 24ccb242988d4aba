package io.millrace.serving.streams.kafka;

import io.millrace.base.TooLarge;
import io.millrace.serving.streams.BrokerSecurity;
import io.millrace.serving.streams.Message;
import io.millrace.serving.streams.Topics;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A stream's topics at Kafka: one consumer of its group, one producer. */
public final class KafkaTopics implements Topics {
  private static final Duration COMMITTED = Duration.ofMillis(500);
  private static final Duration ASKED = Duration.ofSeconds(5);
  private static final Logger LOG = System.getLogger(KafkaTopics.class.getName());

  private final Link link;
  private final Source source;
  private final Cluster cluster;
  private final Consumer<byte[], byte[]> consumer;
  private final Producer<byte[], byte[]> producer;

  /** What is done and not yet said to the group. */
  private final Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();

  private long committed = System.nanoTime();

  private KafkaTopics(Link link, Cluster cluster, IntConsumer gone) {
    this.link = link;
    this.source = link.source();
    this.cluster = cluster;
    producer = new KafkaProducer<>(Settings.producer(link));
    try {
      consumer = new KafkaConsumer<>(Settings.consumer(link));
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
    consumer.subscribe(List.of(source.stream().from()), new Changes(gone));
  }

  /** Opens topics of brokers that are spoken to in the clear. */
  public static Topics open(Source source, IntConsumer gone) {
    return open(new Link(source, null, name -> name), gone);
  }

  /**
   * Opens topics of brokers that are spoken to as is said.
   *
   * @param secrets opens a secret by NAME or NAME@VERSION
   */
  public static Opener opener(@Nullable BrokerSecurity security, UnaryOperator<String> secrets) {
    return (source, gone) -> open(new Link(source, security, secrets), gone);
  }

  private static Topics open(Link link, IntConsumer gone) {
    return reaching(link, () -> new KafkaTopics(link, Cluster.of(link), gone));
  }

  private interface Work<T extends @Nullable Object> {
    T run();
  }

  /** What Kafka's client throws, told as what cannot be done now. */
  private static <T extends @Nullable Object> T reaching(Link link, Work<T> work) {
    try {
      return work.run();
    } catch (KafkaException e) {
      throw link.unavailable(e);
    }
  }

  @Override
  public String cluster() {
    return cluster.id();
  }

  @Override
  public List<Message> poll(Duration timeout, boolean more) {
    return reaching(link, () -> polled(timeout, more));
  }

  private List<Message> polled(Duration timeout, boolean more) {
    if (System.nanoTime() - committed >= COMMITTED.toNanos()) commit();
    if (!more) consumer.pause(consumer.assignment());
    else if (!consumer.paused().isEmpty()) consumer.resume(consumer.paused());
    var records = consumer.poll(timeout);
    if (records.isEmpty()) return List.of();
    var messages = new ArrayList<Message>(records.count());
    for (var record : records) messages.add(message(record));
    return messages;
  }

  private static Message message(ConsumerRecord<byte[], byte[]> record) {
    var headers = new ArrayList<Message.Header>();
    for (var header : record.headers())
      headers.add(new Message.Header(header.key(), header.value()));
    return new Message(
        record.partition(),
        record.offset(),
        record.timestamp(),
        record.key(),
        record.value(),
        headers);
  }

  private void commit() {
    committed = System.nanoTime();
    if (done.isEmpty()) return;
    var now = Map.copyOf(done);
    done.clear();
    consumer.commitAsync(
        now,
        (_, failure) -> {
          if (failure == null) return;
          // With the next ones again, of which a later one of the same partition counts.
          now.forEach(done::putIfAbsent);
          LOG.log(
              Level.DEBUG,
              "stream=%s offsets not committed".formatted(source.stream().name()),
              failure);
        });
  }

  @Override
  public CompletableFuture<?> send(Outgoing record) {
    var written = new CompletableFuture<Boolean>();
    reaching(
        link,
        () ->
            producer.send(
                addressed(record),
                (_, failure) -> {
                  if (failure == null) written.complete(true);
                  else written.completeExceptionally(failure(record, failure));
                }));
    return written;
  }

  private RuntimeException failure(Outgoing record, Exception failure) {
    return failure instanceof RecordTooLargeException
        ? new TooLarge("topic %s: %s".formatted(topic(record), failure.getMessage()))
        : link.unavailable(failure);
  }

  private String topic(Outgoing record) {
    return record.dead() ? source.stream().deadLetters() : source.stream().to();
  }

  /**
   * A topic with as many partitions as the one read has each record in the same one; else a record
   * goes where its key belongs, so that those of a key keep their order.
   */
  private ProducerRecord<byte[], byte[]> addressed(Outgoing record) {
    var topic = topic(record);
    int partitions = record.dead() ? cluster.deadLetters() : cluster.to();
    var key = record.of().key();
    boolean same = key == null || partitions == cluster.from();
    var headers = new RecordHeaders();
    for (var header : record.headers()) headers.add(header.name(), header.value());
    return new ProducerRecord<>(
        topic,
        same ? Integer.valueOf(record.of().partition() % partitions) : null,
        key,
        record.value(),
        headers);
  }

  @Override
  public void done(int partition, long next) {
    done.put(new TopicPartition(source.stream().from(), partition), new OffsetAndMetadata(next));
  }

  @Override
  public long behind() {
    return reaching(
        link,
        () -> {
          long behind = 0;
          for (var end : consumer.endOffsets(consumer.assignment(), ASKED).entrySet())
            behind += Math.max(0, end.getValue() - consumer.position(end.getKey(), ASKED));
          return behind;
        });
  }

  /** What the group is told, and what it tells, when its members change. */
  private final class Changes implements ConsumerRebalanceListener {
    private final IntConsumer gone;

    Changes(IntConsumer gone) {
      this.gone = gone;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      commitNow();
      onPartitionsLost(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      for (var partition : partitions) {
        done.remove(partition);
        gone.accept(partition.partition());
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      // They are read from the group's offset on.
    }
  }

  /** Where that fails, records come again. */
  private void commitNow() {
    if (done.isEmpty()) return;
    try {
      consumer.commitSync(Map.copyOf(done), ASKED);
      done.clear();
    } catch (KafkaException e) {
      LOG.log(
          Level.WARNING,
          "stream=%s offsets not committed, records come again: %s"
              .formatted(source.stream().name(), e.getMessage()));
    }
  }

  @Override
  public void close() {
    try (consumer;
        producer) {
      commitNow();
      producer.close(ASKED);
    }
  }
}
