package io.millrace.registry;

import io.millrace.base.InvalidInput;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/** An address that is told of events. Its secret is in no object that can be shown or logged. */
public record Webhook(
    String id,
    String name,
    WebhookUrl url,
    List<WebhookEvent> events,
    String description,
    Status status,
    Instant createdAt,
    Instant updatedAt) {
  private static final int DESCRIPTION = 1_000;
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

  /** Whether it is told. */
  public enum Status {
    ACTIVE,
    DISABLED
  }

  public Webhook {
    if (!NAME.matcher(name).matches())
      throw new InvalidInput(
          "webhook name",
          name,
          "1-63 of A-Z a-z 0-9 . _ -, starting and ending with a letter or digit");
    events = events.stream().distinct().toList();
    if (events.isEmpty()) throw new InvalidInput("Webhook events must be a non-empty list");
    if (description.length() > DESCRIPTION)
      throw new InvalidInput(
          "'description' of a webhook exceeds the maximum length of %d characters"
              .formatted(DESCRIPTION));
  }
}
