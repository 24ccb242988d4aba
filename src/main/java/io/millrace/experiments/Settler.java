package io.millrace.experiments;

import io.millrace.base.Database;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
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

  /** In turns, so that other writers get theirs. */
  void settle(List<Long> some) {
    for (int from = 0; from < some.size(); from += SETTLED_AT_ONCE) {
      var part = some.subList(from, Math.min(some.size(), from + SETTLED_AT_ONCE));
      if (part.size() == 1 && database.read(s -> metrics.isSettled(s, part.getFirst()))) continue;
      while (database.write(tx -> metrics.settle(tx, part))) {
        // more is left
      }
    }
  }

  private void loop() {
    try {
      while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        settle(database.read(s -> metrics.unsettled(s, List.of())));
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
