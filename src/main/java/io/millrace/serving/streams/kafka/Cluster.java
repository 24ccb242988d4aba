package io.millrace.serving.streams.kafka;

import io.millrace.base.Unavailable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * What there is at Kafka when a stream's topics are opened.
 *
 * @param from how many partitions the topic has that is read, and so the others
 */
record Cluster(String id, int from, int to, int deadLetters) {
  private static final int SECONDS = 10;

  /** Looks, and makes the topics of answers and of dead letters where they are missing. */
  static Cluster of(Link link) {
    var source = link.source();
    var stream = source.stream();
    try (var admin = Admin.create(Settings.admin(link))) {
      var asking = new Asking(link, admin);
      var id = asking.get(admin.describeCluster().clusterId());
      int from =
          asking
              .partitions(stream.from())
              .orElseThrow(() ->
                  new Unavailable(
                      "Kafka at %s has no topic \"%s\": make it, or start the stream with another --from"
                          .formatted(source.bootstrap(), stream.from())));
      return new Cluster(
          id == null ? "" : id,
          from,
          asking.made(stream.to(), from),
          asking.made(stream.deadLetters(), from));
    } catch (ExecutionException e) {
      throw link.unavailable(e);
    }
  }

  private record Asking(Link link, Admin admin) {
    int made(String topic, int partitions) throws ExecutionException {
      var there = partitions(topic);
      if (there.isPresent()) return there.getAsInt();
      try {
        get(
            admin
                .createTopics(
                    List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty())))
                .all());
        return partitions;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) throw e;
        return partitions(topic).orElse(partitions);
      }
    }

    OptionalInt partitions(String topic) throws ExecutionException {
      var asked = admin.describeTopics(TopicCollection.ofTopicNames(List.of(topic)));
      try {
        var found = Objects.requireNonNull(get(asked.allTopicNames()).get(topic));
        return OptionalInt.of(found.partitions().size());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnknownTopicOrPartitionException) return OptionalInt.empty();
        throw e;
      }
    }

    <T extends @Nullable Object> T get(KafkaFuture<T> future) throws ExecutionException {
      try {
        return future.get(SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw link.silent(SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted");
      }
    }
  }
}
