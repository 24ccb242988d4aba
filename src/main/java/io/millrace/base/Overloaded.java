package io.millrace.base;

import java.time.Duration;

/**
 * More was asked at once than can be done in time; nothing was begun, and later it may be asked
 * again.
 */
public final class Overloaded extends Failure {
  private final Duration retryAfter;

  /**
   * @param retryAfter when the way is likely to be free
   */
  public Overloaded(String message, Duration retryAfter) {
    super(message, false);
    this.retryAfter = retryAfter;
  }

  /** In whole seconds, at least one, as the header Retry-After has them. */
  public long retryAfterSeconds() {
    return Math.max(1, retryAfter.plusMillis(999).toSeconds());
  }
}
