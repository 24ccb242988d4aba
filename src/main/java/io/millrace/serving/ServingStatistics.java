package io.millrace.serving;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often each endpoint's versions answered since the server started, and how long the parts of
 * that took. Thread-safe; counting waits for nobody.
 */
public final class ServingStatistics {
  /** Beyond so many different sizes, new ones are counted in the sums alone. */
  private static final int MOST_BATCH_SIZES = 1_000;

  private final Clock clock;
  private final ConcurrentMap<Key, Counter> counters = new ConcurrentHashMap<>();

  ServingStatistics(Clock clock) {
    this.clock = clock;
  }

  private record Key(EndpointName endpoint, long version) {}

  /** So many events, which took so long all together. */
  public record Total(long count, long nanos) {}

  /** Where the time of the answers went. */
  public record Parts(Total input, Total infer, Total output) {}

  /** The executions of one size, in rows. */
  public record Batch(long rows, Parts parts) {}

  /**
   * One version at one endpoint.
   *
   * @param lastMillis when it answered last, in milliseconds since 1970; 0 for never
   * @param inferences rows answered
   * @param executions runs of the model
   * @param batches by size
   */
  public record Line(
      long lastMillis,
      long inferences,
      long executions,
      Total success,
      Total failure,
      Parts parts,
      List<Batch> batches) {}

  /** What stands about the version that a deployment serves. */
  public Line line(Deployment deployment) {
    return of(deployment).line();
  }

  Counter of(Deployment deployment) {
    var key = new Key(deployment.endpoint(), deployment.version().number());
    var counter = counters.get(key);
    return counter != null ? counter : counters.computeIfAbsent(key, _ -> new Counter());
  }

  private static final class Sum {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(long took) {
      count.increment();
      nanos.add(took);
    }

    Total total() {
      return new Total(count.sum(), nanos.sum());
    }
  }

  private static final class Sums {
    private final Sum input = new Sum();
    private final Sum infer = new Sum();
    private final Sum output = new Sum();

    void add(long inputNanos, long inferNanos, long outputNanos) {
      input.add(inputNanos);
      infer.add(inferNanos);
      output.add(outputNanos);
    }

    Parts parts() {
      return new Parts(input.total(), infer.total(), output.total());
    }
  }

  /** The counters of one version at one endpoint. */
  final class Counter {
    private final Sum success = new Sum();
    private final Sum failure = new Sum();
    private final LongAdder rows = new LongAdder();
    private final Sums parts = new Sums();
    private final Map<Long, Sums> batches = new ConcurrentHashMap<>();
    private volatile long lastMillis;

    void success(long answered, long inputNanos, long inferNanos, long outputNanos) {
      success.add(inputNanos + inferNanos + outputNanos);
      rows.add(answered);
      parts.add(inputNanos, inferNanos, outputNanos);
      var batch = batches.get(answered);
      if (batch == null && batches.size() < MOST_BATCH_SIZES)
        batch = batches.computeIfAbsent(answered, _ -> new Sums());
      if (batch != null) batch.add(inputNanos, inferNanos, outputNanos);
      lastMillis = clock.millis();
    }

    void failure(long nanos) {
      failure.add(nanos);
    }

    Line line() {
      var sizes =
          batches.entrySet().stream()
              .map(entry -> new Batch(entry.getKey(), entry.getValue().parts()))
              .sorted(Comparator.comparingLong(Batch::rows))
              .toList();
      return new Line(
          lastMillis,
          rows.sum(),
          success.count.sum(),
          success.total(),
          failure.total(),
          parts.parts(),
          sizes);
    }
  }
}
