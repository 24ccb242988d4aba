package io.millrace.pipelines;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something slow on a platform thread of its own, which can be stopped and may take only so long.
 * When it is given up, the attempt is told, the thread is interrupted, and after a while no longer
 * waited for: what it still does cannot be published, since only the thread that waits here
 * publishes.
 */
final class Work {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private Work() {}

  /**
   * Its result, or what it threw. Throws Stopped when stopped, TimedOut when the limit has passed.
   *
   * @param spent what of the limit has passed already
   * @param abandoned is given a result that comes after the work was given up
   */
  static <T> T run(
      String name,
      Callable<T> work,
      CompletableFuture<Stop> stop,
      @Nullable Duration limit,
      Duration spent,
      Runnable cancel,
      Consumer<T> abandoned)
      throws Exception {
    var result = new CompletableFuture<T>();
    var thread =
        Thread.ofPlatform()
            .daemon()
            .name(name)
            .start(() -> {
              try {
                result.complete(work.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    var first = CompletableFuture.anyOf(result.handle((_, _) -> true), stop);
    if (limit != null)
      first =
          first.completeOnTimeout(
              true, Math.max(1, limit.minus(spent).toMillis()), TimeUnit.MILLISECONDS);
    first.join();
    if (result.isDone()) return outcome(result);
    cancel.run();
    thread.interrupt();
    result
        .handle((_, _) -> true)
        .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .join();
    var _ = result.thenAccept(abandoned);
    if (stop.isDone()) throw new Stopped();
    throw new TimedOut("it took longer than its timeout-minutes allow (%s)".formatted(text(limit)));
  }

  private static <T> T outcome(CompletableFuture<T> result) throws Exception {
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Exception cause) throw cause;
      if (e.getCause() instanceof Error cause) throw cause;
      throw e;
    }
  }

  private static String text(@Nullable Duration limit) {
    if (limit == null) return "none";
    return limit.toMillis() % 60_000 == 0
        ? limit.toMinutes() + " min"
        : limit.toMillis() / 1000.0 + " s";
  }
}
