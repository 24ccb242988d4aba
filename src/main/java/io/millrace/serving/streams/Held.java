package io.millrace.serving.streams;

import io.millrace.serving.Inference;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A record on its way from its topic to what is written for it. Used by one thread at a time. */
final class Held {
  /** By these names programs say which messages belong together. */
  private static final Set<String> CORRELATIONS =
      Set.of("correlation-id", "x-correlation-id", "correlation_id", "correlationid");

  private static final String TRACE = "traceparent";
  private static final int LONGEST_CONTEXT = 256;

  /** As many milliseconds as the 12 digits of an id hold. */
  private static final long LATEST = (1L << 48) - 1;

  final Message message;
  final Inference.Identity identity;

  /** Records are asked about in the order that they came. */
  final long turn;

  /** How often asking about it ended with a fault. */
  int faults;

  /** What came of asking. */
  byte @Nullable [] answer;

  @Nullable Throwable thrown;

  /** What is written for it, once that is known. */
  Topics.@Nullable Outgoing outgoing;

  boolean acknowledged;

  /** Its partition is another member's now. */
  boolean gone;

  private Held(Message message, Inference.Identity identity, long turn) {
    this.message = message;
    this.identity = identity;
    this.turn = turn;
  }

  /**
   * Its id says when the record came into its topic and, by the digest of its place, which one it
   * is: whoever answers it again, gives the same.
   */
  static Held of(Message message, String cluster, String topic, long turn) {
    long millis = Math.clamp(message.timestamp(), 0, LATEST);
    var place = "%s\n%s\n%d\n%d".formatted(cluster, topic, message.partition(), message.offset());
    var id = "%012x%s".formatted(millis, HexFormat.of().formatHex(digest(place), 0, 10));
    return new Held(message, new Inference.Identity(id, Instant.ofEpochMilli(millis)), turn);
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * What the log keeps beside the prediction: its trace, what it belongs to, where it came from.
   */
  Map<String, String> context(String topic) {
    var context = new LinkedHashMap<String, String>();
    for (var header : message.headers()) {
      var name = header.name().toLowerCase(Locale.ROOT);
      var value = header.value();
      if (value == null || value.length > LONGEST_CONTEXT) continue;
      if (name.equals(TRACE) || CORRELATIONS.contains(name))
        context.put(name, new String(value, StandardCharsets.UTF_8));
    }
    context.put("record", "%s/%d/%d".formatted(topic, message.partition(), message.offset()));
    return context;
  }
}
