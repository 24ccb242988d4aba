package io.millrace.base;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;

/**
 * Makes time-ordered ids: 32 hexadecimal digits, the first 12 of them the milliseconds since 1970.
 * Thread-safe.
 */
public final class Ids {
  private static final HexFormat HEX = HexFormat.of();
  private static final int RANDOM = 10;

  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  // Guarded by drawn. Many at once: what a single draw costs is the calls into the system.
  private final byte[] drawn = new byte[400 * RANDOM];
  private int used = drawn.length;

  public Ids(Clock clock) {
    this.clock = clock;
  }

  /** A new id, sorting after those made in earlier milliseconds. */
  public String next() {
    var id = new byte[32];
    long millis = clock.millis();
    for (int i = 11; i >= 0; i--, millis >>= 4) id[i] = (byte) HEX.toLowHexDigit((int) millis);
    synchronized (drawn) {
      if (used == drawn.length) {
        random.nextBytes(drawn);
        used = 0;
      }
      for (int i = 12; i < 32; used++) {
        id[i++] = (byte) HEX.toHighHexDigit(drawn[used]);
        id[i++] = (byte) HEX.toLowHexDigit(drawn[used]);
      }
    }
    return new String(id, StandardCharsets.ISO_8859_1);
  }
}
