package io.millrace.serving.streams;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a stream, as one member of its group reads and writes them. Used by one thread.
 * What fails is thrown; then it is closed, and another one is opened, which goes on from what was
 * {@link #done}.
 */
public interface Topics extends AutoCloseable {
  /** The most records that come at once. */
  int MOST_POLLED = 250;

  /** Opens the topics of streams. */
  interface Opener {
    /**
     * Connects; makes the topics of answers and of dead letters where they are missing.
     *
     * @param gone told of each partition that another member has from now on
     */
    Topics open(Source source, IntConsumer gone);
  }

  /**
   * Who reads what, from where.
   *
   * @param bootstrap HOST:PORT, or several with commas
   * @param member under which the group knows this member again
   */
  record Source(StreamDefinition stream, String bootstrap, String member) {}

  /**
   * A record to write.
   *
   * @param dead whether it goes to the dead letters
   * @param of what it answers; it has its key
   */
  record Outgoing(boolean dead, Message of, byte @Nullable [] value, List<Message.Header> headers) {
    public Outgoing {
      headers = List.copyOf(headers);
    }
  }

  /** What names the cluster, for ever. */
  String cluster();

  /**
   * What has come, in its order by partition; to be called all the time, which keeps this member in
   * the group.
   *
   * @param timeout how long to wait for something
   * @param more whether anything may come
   */
  List<Message> poll(Duration timeout, boolean more);

  /** Fails with TooLarge where the topic takes no record as large; written in order otherwise. */
  CompletableFuture<?> send(Outgoing record);

  /** All records of the partition before this offset need not come again. */
  void done(int partition, long next);

  /** How many records there are that did not come yet. */
  long behind();

  @Override
  void close();
}
