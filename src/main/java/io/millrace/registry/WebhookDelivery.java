package io.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event on its way to one webhook, or what became of it.
 *
 * @param id stays the same however often it is sent, so that a receiver can tell a repetition
 * @param nextAt when it is sent again, while it is pending
 * @param outcome what the last attempt brought
 */
public record WebhookDelivery(
    String id,
    WebhookEvent event,
    State state,
    int attempts,
    Instant createdAt,
    Instant nextAt,
    Outcome outcome) {
  /** Where it is on its way. */
  public enum State {
    PENDING,
    DELIVERED,
    FAILED
  }

  /**
   * What an attempt brought: a status, or why there was none.
   *
   * @param statusCode null where nobody answered
   * @param error null where it was taken
   */
  public record Outcome(@Nullable Integer statusCode, @Nullable String error) {
    /** Whether the receiver took it. */
    public boolean taken() {
      return error == null && statusCode != null;
    }
  }
}
