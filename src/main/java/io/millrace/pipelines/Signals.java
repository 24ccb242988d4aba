package io.millrace.pipelines;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Wakes those who wait for something new in a run. Thread-safe. */
final class Signals {
  private final Map<String, CompletableFuture<Boolean>> next = new ConcurrentHashMap<>();

  /** What the next event completes: to be asked for before looking, so that none is missed. */
  CompletableFuture<Boolean> next(String run) {
    return next.computeIfAbsent(run, _ -> new CompletableFuture<>());
  }

  void happened(String run) {
    var waiting = next.remove(run);
    if (waiting != null) waiting.complete(true);
  }

  /** Waits until it is completed, or for that long; returns at once when interrupted. */
  static void await(CompletableFuture<Boolean> signal, Duration longest) {
    try {
      signal.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      // nothing happened: the caller looks once more and says so
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
