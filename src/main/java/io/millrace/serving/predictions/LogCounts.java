package io.millrace.serving.predictions;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.serving.EndpointName;
import java.util.concurrent.atomic.LongAdder;

/**
 * What became of an endpoint's answered requests since the server started.
 *
 * @param logged written
 * @param unsampled left out, as its settings ask
 * @param lost given up because the log could not keep up with the requests
 * @param failed given up because they could not be written
 */
public record LogCounts(long logged, long unsampled, long lost, long failed) {
  public static final LogCounts NONE = new LogCounts(0, 0, 0, 0);

  /** Counts as it goes. Thread-safe. */
  static final class Counter {
    final LongAdder logged = new LongAdder();
    final LongAdder unsampled = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder failed = new LongAdder();

    /** Tells them to Prometheus too. */
    void show(MeterRegistry registry, EndpointName endpoint) {
      show(registry, endpoint, "logged", logged);
      show(registry, endpoint, "unsampled", unsampled);
      show(registry, endpoint, "lost", lost);
      show(registry, endpoint, "failed", failed);
    }

    private static void show(
        MeterRegistry registry, EndpointName endpoint, String outcome, LongAdder count) {
      FunctionCounter.builder("millrace.predictions", count, LongAdder::sum)
          .description("Answered requests, by what became of them in the prediction log")
          .tags("endpoint", endpoint.value(), "outcome", outcome)
          .register(registry);
    }

    LogCounts now() {
      return new LogCounts(logged.sum(), unsampled.sum(), lost.sum(), failed.sum());
    }
  }
}
