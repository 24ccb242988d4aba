package io.millrace.serving;

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
import java.util.stream.DoubleStream;

/** What is counted of an endpoint's version. Thread-safe. */
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
  private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024};

  private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Timer wait;
  private final Timer compute;
  private final Timer request;
  private final DistributionSummary rows;

  private EndpointMeters(MeterRegistry registry, EndpointName endpoint, VersionId version) {
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
    Objects.requireNonNull(requests.get(outcome)).increment();
  }

  void waiting(int change) {
    waiting.addAndGet(change);
  }

  void waited(long nanos) {
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  void computed(int rowsAtOnce, long nanos) {
    rows.record(rowsAtOnce);
    compute.record(nanos, TimeUnit.NANOSECONDS);
  }

  void took(long nanos) {
    request.record(nanos, TimeUnit.NANOSECONDS);
  }
}
