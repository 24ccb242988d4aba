package io.millrace.serving.predictions;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A bounded line that many threads put into and one takes from; nobody ever waits. A place is
 * claimed by moving the tail, and filled after that, so the taker may find the next place claimed
 * and not yet filled: then there is nothing to take for now.
 */
final class Ring<T> {
  private final AtomicReferenceArray<@Nullable T> places;
  private final int mask;
  private final AtomicLong head = new AtomicLong();
  private final AtomicLong tail = new AtomicLong();

  /**
   * @param capacity a power of two
   */
  Ring(int capacity) {
    if (Integer.bitCount(capacity) != 1)
      throw new IllegalArgumentException("capacity %d is no power of two".formatted(capacity));
    places = new AtomicReferenceArray<>(capacity);
    mask = capacity - 1;
  }

  /** Says whether there was room. */
  boolean put(T value) {
    while (true) {
      long place = tail.get();
      if (place - head.get() > mask) return false;
      if (tail.compareAndSet(place, place + 1)) {
        places.setRelease((int) place & mask, value);
        return true;
      }
      Thread.onSpinWait();
    }
  }

  /** The oldest; null where none is there. For one thread. */
  @Nullable T take() {
    long place = head.get();
    int index = (int) place & mask;
    var value = places.getAcquire(index);
    if (value == null) return null;
    places.setRelease(index, null);
    head.set(place + 1);
    return value;
  }

  /** How many places were ever claimed, and how many given back. */
  long claimed() {
    return tail.get();
  }

  long taken() {
    return head.get();
  }
}
