package io.millrace.pipelines;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/** How many steps may work at once, over all runs; the first who asks is the first who gets. Thread-safe. */
final class Slots {
  private final Deque<CompletableFuture<Boolean>> waiting = new ArrayDeque<>();
  private int free;

  Slots(int count) {
    this.free = count;
  }

  /** Completes when a slot is taken. Whoever no longer wants it calls {@link #abandon}. */
  synchronized CompletableFuture<Boolean> take() {
    var slot = new CompletableFuture<Boolean>();
    if (free > 0) {
      free--;
      slot.complete(true);
    } else {
      waiting.add(slot);
    }
    return slot;
  }

  /** Gives a slot back, or the place in the queue. */
  synchronized void abandon(CompletableFuture<Boolean> slot) {
    if (waiting.remove(slot)) return;
    var next = waiting.poll();
    if (next == null) free++;
    else next.complete(true);
  }
}
