package io.millrace.base;

import java.security.SecureRandom;
import java.time.Clock;

/**
 * Makes time-ordered ids: 32 hexadecimal digits, the first 12 of them the milliseconds since 1970.
 */
public final class Ids {
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public Ids(Clock clock) {
    this.clock = clock;
  }

  /** A new id, sorting after those made in earlier milliseconds. */
  public String next() {
    return "%012x%04x%016x".formatted(clock.millis(), random.nextInt(1 << 16), random.nextLong());
  }
}
