package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which values of its type an input takes.
 *
 * @param values those it takes, or empty for all
 */
record ValueRange(@Nullable Double min, @Nullable Double max, List<JsonNode> values) {
  static final ValueRange ALL = new ValueRange(null, null, List.of());

  ValueRange {
    values = List.copyOf(values);
  }

  boolean contains(JsonNode value) {
    if (min != null && value.doubleValue() < min) return false;
    if (max != null && value.doubleValue() > max) return false;
    return values.isEmpty() || values.contains(value);
  }

  void check(String input, JsonNode value) {
    if (!contains(value))
      throw new InvalidInput("input \"%s\": got %s, expected %s".formatted(input, value, text()));
  }

  /** As "one of a, b" or "1 to 168". */
  String text() {
    if (!values.isEmpty())
      return "one of " + String.join(", ", values.stream().map(JsonNode::asText).toList());
    if (min != null && max != null) return "%s to %s".formatted(text(min), text(max));
    if (min != null) return "at least " + text(min);
    return max == null ? "any" : "at most " + text(max);
  }

  private static String text(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? String.valueOf((long) number)
        : String.valueOf(number);
  }
}
