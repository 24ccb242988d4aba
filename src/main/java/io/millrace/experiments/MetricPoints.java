package io.millrace.experiments;

import java.util.Collection;

/**
 * Values of metrics, made ready to be written before the writer's turn. Infinite ones become the
 * largest finite.
 */
public final class MetricPoints {
  private final MetricBatch batch;

  private MetricPoints(MetricBatch batch) {
    this.batch = batch;
  }

  public static MetricPoints of(Collection<Metric> metrics) {
    return new MetricPoints(
        MetricBatch.of(
            metrics.stream()
                .map(m ->
                    Double.isInfinite(m.value())
                        ? new Metric(
                            m.key(), Math.copySign(Double.MAX_VALUE, m.value()), m.at(), m.step())
                        : m)
                .toList()));
  }

  MetricBatch batch() {
    return batch;
  }
}
