package io.millrace.serving.oip;

import io.millrace.base.Futures;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The event loop of a connection, as those use it who may not hold it up: what takes long is begun
 * elsewhere, and what comes of it is told here.
 */
final class Loop {
  private final Vertx vertx;
  private final Context context;
  private final Thread thread = Thread.currentThread();

  private Loop(Vertx vertx) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
  }

  /** That of the calling thread. */
  static Loop current(Vertx vertx) {
    return new Loop(vertx);
  }

  /** Begins something short; also what it throws is in the future. */
  <T> CompletableFuture<T> here(Supplier<CompletableFuture<T>> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Begins it on a worker's thread. Cancelling the future cancels what was begun. */
  <T> CompletableFuture<T> elsewhere(Supplier<CompletableFuture<T>> work) {
    var result = new CompletableFuture<T>();
    vertx
        .executeBlocking(
            () -> {
              var begun = here(work);
              var _ = Futures.cancelling(result, begun);
              return begun.whenComplete((value, thrown) -> {
                if (thrown == null) result.complete(value);
                else result.completeExceptionally(thrown);
              });
            },
            false)
        .onFailure(result::completeExceptionally);
    return result;
  }

  /** Tells what comes of it, or went wrong, on this loop: at once where both are here already. */
  <T> void then(CompletableFuture<T> future, BiConsumer<@Nullable T, @Nullable Throwable> told) {
    var _ =
        future.whenComplete((value, thrown) -> {
          var cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
          if (Thread.currentThread() == thread) told.accept(value, cause);
          else context.runOnContext(_ -> told.accept(value, cause));
        });
  }
}
