package io.millrace.serving;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that call models. There are as many as all endpoints together may use at once, made
 * when needed: so the system's scheduler shares the processors among endpoints, and a slow one
 * holds up none of the others.
 */
final class Crew implements AutoCloseable {
  private final ThreadPoolExecutor workers =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("model-", 0).factory());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("model-timer").factory());

  void work(Runnable task) {
    try {
      workers.execute(task);
    } catch (RejectedExecutionException e) {
      task.run(); // The server stops, and what has begun is still answered.
    }
  }

  void later(Duration wait, Runnable task) {
    try {
      var _ = timer.schedule(task, wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // The server stops.
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    workers.shutdown();
  }
}
