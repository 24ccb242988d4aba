package io.millrace.pipelines;

import java.time.Duration;

/**
 * Tells how many instances have ended: at most once for each whole percent, and not more often than
 * people read, since each telling is a durable event. Thread-safe.
 */
final class FanOutProgress {
  private static final long SHORTEST_NANOS = Duration.ofMillis(500).toNanos();

  private final FanOutRecord record;
  private final int count;
  private int ended;
  private int failed;
  private int percent;
  private long toldAt = System.nanoTime();

  FanOutProgress(FanOutRecord record, int count, int ended) {
    this.record = record;
    this.count = count;
    this.ended = ended;
    this.percent = percent();
  }

  private int percent() {
    return count == 0 ? 100 : (int) (100L * ended / count);
  }

  void ended(StepState state) {
    String doing;
    synchronized (this) {
      ended++;
      if (state == StepState.FAILED) failed++;
      long now = System.nanoTime();
      if (percent() == percent || now - toldAt < SHORTEST_NANOS) return;
      percent = percent();
      toldAt = now;
      doing =
          "%,d of %,d instances have ended%s"
              .formatted(ended, count, failed == 0 ? "" : ", %,d failed".formatted(failed));
    }
    record.progress(doing, percent / 100.0);
  }
}
