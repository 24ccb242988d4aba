package io.millrace.pipelines;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * How many steps may work at once, over all runs; the first who asks is the first who gets.
 * Thread-safe.
 */
final class Slots {
  /** A slot, or the place in the queue for one; known by itself. */
  static final class Slot {
    private final CompletableFuture<Boolean> granted = new CompletableFuture<>();

    /** Completes when it is taken. */
    CompletableFuture<Boolean> granted() {
      return granted;
    }
  }

  private final Deque<Slot> waiting = new ArrayDeque<>();
  private int free;

  Slots(int count) {
    this.free = count;
  }

  /** Asks for one. Whoever no longer wants it calls {@link #abandon}. */
  synchronized Slot take() {
    var slot = new Slot();
    if (free > 0) {
      free--;
      slot.granted.complete(true);
    } else {
      waiting.add(slot);
    }
    return slot;
  }

  /** Gives a slot back, or the place in the queue. */
  synchronized void abandon(Slot slot) {
    if (waiting.remove(slot)) return;
    var next = waiting.poll();
    if (next == null) free++;
    else next.granted.complete(true);
  }
}
