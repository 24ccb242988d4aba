package io.millrace.serving.explanations;

import io.millrace.base.Expired;
import io.millrace.base.Overloaded;
import io.millrace.base.Unavailable;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The few threads that work explanations out, with a bounded line before them: they take their
 * share of the processors from predictions, and no more.
 */
final class Workers implements AutoCloseable {
  static final int THREADS = 2;
  static final int WAITING = 100;

  private final ThreadPoolExecutor threads;

  Workers() {
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("explain-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** Waits for the work, at most that long; work that comes too late is interrupted. */
  <T> T run(Duration left, Callable<T> work) {
    Future<T> future;
    try {
      future = threads.submit(work);
    } catch (RejectedExecutionException e) {
      throw new Overloaded(
          "%d explanations wait already; ask again later, or for the prediction alone"
              .formatted(WAITING),
          Duration.ofSeconds(1));
    }
    try {
      return future.get(Math.max(0, left.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new Expired(
          "the explanation was not there within %d ms: allow more time, or ask for fewer permutations with \"explain_permutations\""
              .formatted(left.toMillis()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      if (e.getCause() instanceof Error cause) throw cause;
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the explanation was there");
    } finally {
      future.cancel(true);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
