package io.millrace.experiments;

import io.millrace.base.Database;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Sorts what metrics were appended, in the background and before they are read, in turns, so that
 * other writers get theirs. Thread-safe.
 */
final class Settler implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Settler.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int SETTLED_AT_ONCE = 64;

  /** With more batches than these to be sorted, a reader would wait too long for them. */
  private static final long MOST_WAITING = 2_000;

  private final Database database;
  private final MetricStore metrics;
  private final Runnable alsoEachTime;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  Settler(Database database, MetricStore metrics, Runnable alsoEachTime) {
    this.database = database;
    this.metrics = metrics;
    this.alsoEachTime = alsoEachTime;
    this.thread = Thread.ofPlatform().name("metrics-settler").daemon().start(this::loop);
  }

  /** Sorts all that these runs have appended so far, for somebody who waits for it. */
  void settle(List<Long> some) {
    for (var part : parts(some)) {
      if (part.size() == 1 && database.read(s -> metrics.isSettled(s, part.getFirst()))) continue;
      while (database.write(tx -> metrics.settle(tx, part))) {
        // more is left
      }
    }
  }

  /**
   * As settle, where nobody waits: at most half of the writer's time is taken, unless more comes in
   * than is sorted in that; then writers wait for each turn of this.
   */
  private void settleSlowly(List<Long> some) throws InterruptedException {
    for (var part : parts(some)) {
      boolean more = true;
      while (more) {
        long begun = System.nanoTime();
        more = database.write(tx -> metrics.settle(tx, part));
        long took = System.nanoTime() - begun;
        boolean isBehind = database.read(metrics::waiting) > MOST_WAITING;
        if (closing.await(isBehind ? 0 : took, TimeUnit.NANOSECONDS)) return;
      }
    }
  }

  private static List<List<Long>> parts(List<Long> some) {
    var parts = new ArrayList<List<Long>>();
    for (int from = 0; from < some.size(); from += SETTLED_AT_ONCE)
      parts.add(some.subList(from, Math.min(some.size(), from + SETTLED_AT_ONCE)));
    return parts;
  }

  private void loop() {
    try {
      while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        settleSlowly(database.read(s -> metrics.unsettled(s, List.of())));
        alsoEachTime.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "sorting metrics stopped until the next start; they are safe", e);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
