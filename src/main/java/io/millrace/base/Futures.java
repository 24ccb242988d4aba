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

  /**
   * Completes it with a failure, wrapped as its stages would wrap it, but without the trace of the
   * calls that led there, which costs more than all else and tells nobody anything.
   */
  public static boolean fail(CompletableFuture<?> future, Failure failure) {
    return future.completeExceptionally(new Failed(failure));
  }

  private static final class Failed extends CompletionException {
    private static final long serialVersionUID = 1;

    Failed(Failure failure) {
      super(failure);
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
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
