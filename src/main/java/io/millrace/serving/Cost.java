package io.millrace.serving;

import java.time.Duration;

/**
 * How long a call of a model takes, by its rows: a fixed part and a part for each row, as measured
 * before it was let serve, times a factor that follows what the calls take since. Thread-safe.
 */
final class Cost {
  /** How much the newest call counts. */
  private static final double WEIGHT = 0.1;

  /** One call that was held up (by a pause, by others) counts as this many times the usual. */
  private static final double MOST = 3;

  private final double fixed;
  private final double perRow;
  private volatile double factor = 1;

  /**
   * @param rows of the larger of two calls that were measured; the other had {@code fewer}
   */
  Cost(int fewer, long fewerNanos, int rows, long nanos) {
    double slope = rows == fewer ? 0 : (double) (nanos - fewerNanos) / (rows - fewer);
    perRow = Math.clamp(slope, 0, (double) fewerNanos / fewer);
    fixed = Math.max(1, fewerNanos - perRow * fewer);
  }

  Cost(int rows, long nanos) {
    this(rows, nanos, rows, nanos);
  }

  long nanos(int rows) {
    return (long) (factor * (fixed + perRow * rows));
  }

  /** The most rows, at least one, of a call that takes no longer. */
  int rowsWithin(Duration time) {
    double rows = perRow == 0 ? Integer.MAX_VALUE : (time.toNanos() / factor - fixed) / perRow;
    return (int) Math.clamp(rows, 1, Integer.MAX_VALUE);
  }

  synchronized void learn(int rows, long nanos) {
    double ratio = nanos / (fixed + perRow * rows);
    factor += WEIGHT * (Math.min(ratio, MOST * factor) - factor);
  }
}
