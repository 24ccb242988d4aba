package io.millrace.serving.oip;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How large a request may be, in bytes, packed or not: an HTTP body, a gRPC message; and how large
 * all together that are held at once. Thread-safe.
 */
public final class BodyLimit {
  /**
   * Requests of the largest size that are held at once. Reading makes some ten times its bytes of a
   * body, so that more would not fit into the heap.
   */
  private static final int HELD = 4;

  private final long bytes;
  private final AtomicLong held = new AtomicLong();

  public BodyLimit(long bytes) {
    this.bytes = bytes;
  }

  /** Of one request. */
  public long bytes() {
    return bytes;
  }

  /** Of all that are held at once. */
  public long atOnce() {
    return HELD * bytes;
  }

  /**
   * Counts bytes that came; false if there are too many now. Either way they are released later.
   */
  public boolean hold(long more) {
    return held.addAndGet(more) <= atOnce();
  }

  public void release(long bytes) {
    held.addAndGet(-bytes);
  }
}
