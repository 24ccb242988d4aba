package io.millrace.serving.predictions;

import io.millrace.base.InvalidInput;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What of an endpoint's predictions is kept.
 *
 * @param sample the share of requests, 0 to 1, chosen by their ids
 * @param mask inputs and outputs whose values are never written; they are null in the log
 * @param keepDays how long
 */
public record LogSettings(double sample, List<String> mask, int keepDays) {
  public static final int KEEP_DAYS = 30;
  public static final LogSettings DEFAULT = new LogSettings(1, List.of(), KEEP_DAYS);
  private static final int MOST_DAYS = 3_650;
  private static final int MOST_MASKED = 1_000;
  private static final Duration AHEAD = Duration.ofDays(1);

  public LogSettings {
    mask = List.copyOf(mask);
    if (!(sample >= 0 && sample <= 1))
      throw new InvalidInput("sample", sample, "a share from 0 (log nothing) to 1 (log all)");
    if (keepDays < 1 || keepDays > MOST_DAYS)
      throw new InvalidInput("keep_days", keepDays, "1 to %,d days".formatted(MOST_DAYS));
    if (mask.size() > MOST_MASKED)
      throw new InvalidInput(
          "mask", mask.size() + " columns", "at most %,d".formatted(MOST_MASKED));
  }

  /** Whether the request is kept; the same id always gets the same answer. */
  boolean keeps(String id) {
    if (sample >= 1) return true;
    // The finisher of MurmurHash3, since ids made close together differ little.
    int hash = id.hashCode();
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    hash ^= hash >>> 16;
    return (hash & 0xffffffffL) < sample * 0x1p32;
  }

  /**
   * Whether a prediction of that time would not be deleted at once; records of streams may be old.
   */
  boolean keeps(Instant at, Instant now) {
    return at.isAfter(now.minus(Duration.ofDays(keepDays))) && at.isBefore(now.plus(AHEAD));
  }
}
