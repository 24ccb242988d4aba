package io.millrace.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint answers.
 *
 * @param p99 what 99 of 100 answers shall take at most; it bounds how large batches become
 * @param concurrency calls of the model at once
 * @param queue requests that wait, beyond which more are refused
 * @param timeout how long a request may take, where it does not ask for less itself
 * @param threads that one call of the model uses
 * @param batch the most rows that are put into one call; 1 puts none together
 * @param features where inputs that a request leaves out are looked up; null for nowhere
 */
public record EndpointSettings(
    @Nullable Duration p99,
    int concurrency,
    int queue,
    Duration timeout,
    int threads,
    int batch,
    @Nullable FeatureSource features) {
  /** What can be said. */
  public static final List<String> KEYS =
      List.of("p99", "concurrency", "queue", "timeout", "threads", "batch", "features");

  private static final Pattern LENGTH = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(us|ms|s|m)");
  private static final int MOST_THREADS = 64;

  /** What holds where nothing was said. */
  static EndpointSettings standard() {
    return of(Json.object());
  }

  /** Reads what was said; the rest is as usual. */
  public static EndpointSettings of(JsonNode said) {
    Fields.object(said, KEYS);
    return new EndpointSettings(
        length(said, "p99", null, Duration.ofMinutes(1)),
        number(said, "concurrency", Runtime.getRuntime().availableProcessors(), MOST_THREADS),
        number(said, "queue", 1_000, 100_000),
        Objects.requireNonNull(
            length(said, "timeout", Duration.ofSeconds(30), Duration.ofMinutes(10))),
        number(said, "threads", 1, MOST_THREADS),
        number(said, "batch", 256, 10_000),
        FeatureSource.of(said.get("features")));
  }

  /** What was said with a change to it: null takes a key back, others stay. */
  static ObjectNode changed(ObjectNode said, @Nullable JsonNode change) {
    var merged = said.deepCopy();
    for (var key : Fields.object(change, KEYS).properties()) {
      if (key.getValue().isNull()) merged.remove(key.getKey());
      else merged.set(key.getKey(), key.getValue());
    }
    return merged;
  }

  /** As these, with one call at a time. */
  EndpointSettings oneCall() {
    return new EndpointSettings(p99, 1, queue, timeout, threads, batch, features);
  }

  public ObjectNode json() {
    var json =
        Json.object()
            .put("p99", p99 == null ? null : text(p99))
            .put("concurrency", concurrency)
            .put("queue", queue)
            .put("timeout", text(timeout))
            .put("threads", threads)
            .put("batch", batch);
    json.set("features", features == null ? null : features.json());
    return json;
  }

  private static int number(JsonNode said, String key, int otherwise, int most) {
    int value = Fields.whole(said, key, otherwise);
    if (value < 1 || value > most)
      throw new InvalidInput(key, value, "a whole number from 1 to %,d".formatted(most));
    return value;
  }

  private static @Nullable Duration length(
      JsonNode said, String key, @Nullable Duration otherwise, Duration most) {
    var value = said.get(key);
    if (value == null) return otherwise;
    var parts = LENGTH.matcher(value.asText());
    if (value.isTextual() && parts.matches()) {
      var length =
          Duration.ofNanos((long) (Double.parseDouble(parts.group(1)) * nanos(parts.group(2))));
      if (length.isPositive() && length.compareTo(most) <= 0) return length;
    }
    throw new InvalidInput(
        key,
        value.asText(),
        "a length of time up to %s, such as 20ms or 1.5s".formatted(text(most)));
  }

  private static double nanos(String unit) {
    return switch (unit) {
      case "us" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      default -> 60e9;
    };
  }

  private static String text(Duration length) {
    long nanos = length.toNanos();
    if (nanos % 60_000_000_000L == 0) return length.toMinutes() + "m";
    if (nanos % 1_000_000_000L == 0) return length.toSeconds() + "s";
    if (nanos % 1_000_000L == 0) return length.toMillis() + "ms";
    return nanos / 1_000 + "us";
  }
}
