package io.millrace.serving.predictions;

import io.millrace.base.InvalidInput;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which predictions are asked for.
 *
 * @param endpoint one endpoint's; null for those of all
 * @param since inclusive
 * @param until exclusive
 */
record Span(@Nullable String endpoint, Instant since, Instant until) {
  static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  /** An id's time is that of the answer, a prediction's that of the request. */
  private static final Duration SLOWEST = Duration.ofHours(1);

  Span {
    if (!since.isBefore(until))
      throw new InvalidInput("since", since, "a time before until (%s)".formatted(until));
  }

  static Span of(@Nullable String endpoint, @Nullable Instant since, @Nullable Instant until) {
    return new Span(endpoint, since == null ? Instant.EPOCH : since, until == null ? LAST : until);
  }

  /** Where the prediction with that id is. */
  static Span around(String id) {
    var at = Instant.ofEpochMilli(Long.parseLong(id.substring(0, 12), 16));
    return new Span(null, at.minus(SLOWEST), at.plusSeconds(60));
  }

  static long day(Instant at) {
    return Math.floorDiv(at.getEpochSecond(), 86_400L);
  }

  boolean holds(Logged logged) {
    return (endpoint == null || endpoint.equals(logged.model().endpoint()))
        && !logged.at().isBefore(since)
        && logged.at().isBefore(until);
  }

  /** An id before all that the span can hold. */
  String firstId() {
    return id(since.isBefore(Instant.EPOCH) ? Instant.EPOCH : since.minusSeconds(60));
  }

  /** An id after them. */
  String lastId() {
    return id(until.plus(SLOWEST));
  }

  /** The beginning of the ids made at that time. */
  static String id(Instant at) {
    return "%012x".formatted(Math.max(0, at.toEpochMilli()));
  }
}
