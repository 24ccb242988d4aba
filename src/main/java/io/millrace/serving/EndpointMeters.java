package io.millrace.serving;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.millrace.base.Expired;
import io.millrace.base.InvalidInput;
import io.millrace.base.Overloaded;
import io.millrace.registry.VersionId;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.DoubleStream;

/**
 * What is counted of an endpoint's version, for Prometheus and for the protocol's statistics alike.
 * Thread-safe; counting waits for nobody.
 */
final class EndpointMeters {
  /** How a request ended. */
  enum Outcome {
    OK,
    /** It did not fit the model, or the model refused it. */
    INVALID,
    /** The line was too long. */
    REJECTED,
    /** Its time ran out. */
    EXPIRED,
    /** Who asked went away. */
    CANCELLED,
    /** A fault here. */
    FAILED;

    static Outcome of(Throwable thrown) {
      return switch (thrown) {
        case InvalidInput _ -> INVALID;
        case Overloaded _ -> REJECTED;
        case Expired _ -> EXPIRED;
        case CancellationException _ -> CANCELLED;
        default -> FAILED;
      };
    }
  }

  /** Those of all endpoints: a version that is deployed again goes on with its counts. */
  static final class All {
    private record Key(EndpointName endpoint, VersionId version) {}

    private final MeterRegistry registry;
    private final ConcurrentMap<Key, EndpointMeters> known = new ConcurrentHashMap<>();

    All(MeterRegistry registry) {
      this.registry = registry;
    }

    EndpointMeters of(EndpointName endpoint, VersionId version) {
      return known.computeIfAbsent(
          new Key(endpoint, version), _ -> new EndpointMeters(registry, endpoint, version));
    }
  }

  private static final Duration[] TIMES =
      DoubleStream.of(
              0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 10_000,
              30_000)
          .mapToObj(millis -> Duration.ofNanos((long) (millis * 1e6)))
          .toArray(Duration[]::new);

  /** Beyond so many different sizes of calls, new ones are counted in the sums alone. */
  private static final int MOST_SIZES = 1_000;

  private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024};

  private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Timer wait;
  private final Timer compute;
  private final Timer request;
  private final DistributionSummary rows;
  private final Clock clock;
  private final LongAdder successNanos = new LongAdder();
  private final LongAdder failureNanos = new LongAdder();
  private final LongAdder inputNanos = new LongAdder();
  private final LongAdder inferNanos = new LongAdder();
  private final LongAdder outputNanos = new LongAdder();
  private final ConcurrentMap<Integer, Calls> calls = new ConcurrentHashMap<>();
  private volatile long lastMillis;

  /** The calls of the model with as many rows. */
  private record Calls(LongAdder count, LongAdder nanos) {}

  private EndpointMeters(MeterRegistry registry, EndpointName endpoint, VersionId version) {
    this.clock = registry.config().clock();
    var tags = Tags.of("endpoint", endpoint.value(), "version", version.toString());
    for (var outcome : Outcome.values())
      requests.put(
          outcome,
          Counter.builder("millrace.requests")
              .description("Requests, by how they ended")
              .tags(tags.and("outcome", outcome.name().toLowerCase(Locale.ROOT)))
              .register(registry));
    Gauge.builder("millrace.queue.length", waiting, AtomicInteger::get)
        .description("Requests that wait for the model")
        .tags(tags)
        .strongReference(true)
        .register(registry);
    wait = timer(registry, "millrace.queue.wait", "What requests waited for the model", tags);
    compute = timer(registry, "millrace.compute", "What a call of the model took", tags);
    request =
        timer(registry, "millrace.request", "From the arrival of a request to its answer", tags);
    rows =
        DistributionSummary.builder("millrace.batch.rows")
            .description("Rows in a call of the model")
            .tags(tags)
            .serviceLevelObjectives(ROWS)
            .register(registry);
  }

  private static Timer timer(MeterRegistry registry, String name, String meaning, Tags tags) {
    return Timer.builder(name)
        .description(meaning)
        .tags(tags)
        .serviceLevelObjectives(TIMES)
        .register(registry);
  }

  void ended(Outcome outcome) {
    counter(outcome).increment();
  }

  private Counter counter(Outcome outcome) {
    return Objects.requireNonNull(requests.get(outcome));
  }

  void waiting(int change) {
    waiting.addAndGet(change);
  }

  void waited(long nanos) {
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A call of the model answered. */
  void computed(int rowsAtOnce, int requestsAtOnce, long nanos) {
    rows.record(rowsAtOnce);
    compute.record(nanos, TimeUnit.NANOSECONDS);
    inferNanos.add(requestsAtOnce * nanos);
    var same = calls.get(rowsAtOnce);
    if (same == null && calls.size() < MOST_SIZES)
      same = calls.computeIfAbsent(rowsAtOnce, _ -> new Calls(new LongAdder(), new LongAdder()));
    if (same == null) return;
    same.count().increment();
    same.nanos().add(nanos);
  }

  /** A request was answered; what it took to read it, and to make its answer of the model's. */
  void answered(long readNanos, long writtenNanos) {
    inputNanos.add(readNanos);
    outputNanos.add(writtenNanos);
    lastMillis = clock.wallTime();
  }

  /** A request that the line had, answered or not. */
  void took(long nanos, boolean success) {
    request.record(nanos, TimeUnit.NANOSECONDS);
    (success ? successNanos : failureNanos).add(nanos);
  }

  /** A request that never came to the line. */
  void refused(long nanos) {
    ended(Outcome.INVALID);
    failureNanos.add(nanos);
  }

  ServingStatistics statistics() {
    long success = (long) counter(Outcome.OK).count();
    double failures = 0;
    for (var outcome : Outcome.values())
      if (outcome != Outcome.OK) failures += counter(outcome).count();
    var sizes =
        calls.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(size -> {
              long count = size.getValue().count().sum();
              return new ServingStatistics.Batch(
                  size.getKey(),
                  new ServingStatistics.Parts(
                      new ServingStatistics.Total(count, 0),
                      new ServingStatistics.Total(count, size.getValue().nanos().sum()),
                      new ServingStatistics.Total(count, 0)));
            })
            .toList();
    return new ServingStatistics(
        lastMillis,
        (long) rows.totalAmount(),
        rows.count(),
        new ServingStatistics.Total(success, successNanos.sum()),
        new ServingStatistics.Total((long) failures, failureNanos.sum()),
        new ServingStatistics.Total(wait.count(), (long) wait.totalTime(TimeUnit.NANOSECONDS)),
        new ServingStatistics.Parts(
            new ServingStatistics.Total(success, inputNanos.sum()),
            new ServingStatistics.Total(success, inferNanos.sum()),
            new ServingStatistics.Total(success, outputNanos.sum())),
        sizes);
  }
}
