package io.millrace.server;

import io.millrace.base.InvalidInput;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server reads from variables of its environment alone.
 *
 * @param logFlush how long a prediction may wait to be durable, as milliseconds; the usual where
 *     null
 * @param secretsKey what secrets are sealed with, where it is not to lie in the data folder
 * @param pushSecret what those sign with who tell of pushes; null where nobody does
 */
public record Environment(
    @Nullable String logFlush, @Nullable String secretsKey, @Nullable String pushSecret) {
  private static final String LOG_FLUSH = "MILLRACE_LOG_FLUSH_MILLIS";
  private static final Duration FLUSH = Duration.ofSeconds(1);
  private static final long LONGEST_FLUSH_MILLIS = 60_000;

  static Environment of(Map<String, String> variables) {
    return new Environment(
        variables.get(LOG_FLUSH),
        variables.get("MILLRACE_SECRETS_KEY"),
        variables.get("MILLRACE_PUSH_SECRET"));
  }

  /**
   * @throws InvalidInput if it is no such number
   */
  Duration flush() {
    if (logFlush == null || logFlush.isBlank()) return FLUSH;
    try {
      long millis = Long.parseLong(logFlush.strip());
      if (millis >= 10 && millis <= LONGEST_FLUSH_MILLIS) return Duration.ofMillis(millis);
    } catch (NumberFormatException e) {
      // told below, as what is out of range is
    }
    throw new InvalidInput(
        LOG_FLUSH, logFlush, "10 to %,d milliseconds".formatted(LONGEST_FLUSH_MILLIS));
  }

  /** Without the secrets. */
  @Override
  public String toString() {
    return "Environment[logFlush=%s]".formatted(logFlush);
  }
}
