package io.millrace.base;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waiting for what another thread does, with its own exception rather than a wrapper. */
public final class Futures {
  private Futures() {}

  public static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      if (e.getCause() instanceof Error cause) throw cause;
      throw e;
    }
  }

  /** Gives back the result, which from now on cancels its source when it is cancelled. */
  public static <T> CompletableFuture<T> cancelling(
      CompletableFuture<T> result, CompletableFuture<?> source) {
    if (!source.isDone()) {
      var _ =
          result.whenComplete((_, _) -> {
            if (result.isCancelled()) source.cancel(true);
          });
    }
    return result;
  }
}
