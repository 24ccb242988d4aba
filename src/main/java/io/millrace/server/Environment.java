package io.millrace.server;

import io.millrace.serving.predictions.PredictionLog;
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
  static Environment of(Map<String, String> variables) {
    return new Environment(
        variables.get("MILLRACE_LOG_FLUSH_MILLIS"),
        variables.get("MILLRACE_SECRETS_KEY"),
        variables.get("MILLRACE_PUSH_SECRET"));
  }

  /**
   * @throws io.millrace.base.InvalidInput if it is no such number
   */
  Duration flush() {
    return PredictionLog.flush(logFlush);
  }

  /** Without the secrets. */
  @Override
  public String toString() {
    return "Environment[logFlush=%s]".formatted(logFlush);
  }
}
