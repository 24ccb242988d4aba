package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a search may try: each value by its name, independent of the others. */
public record SearchSpace(Map<String, Dimension> dimensions) {
  public SearchSpace {
    dimensions = Collections.unmodifiableMap(new LinkedHashMap<>(dimensions));
  }

  /** Where one value lies. */
  public sealed interface Dimension {}

  /** A whole number, both ends included. */
  public record Whole(long low, long high) implements Dimension {}

  /**
   * A number.
   *
   * @param isLog whether its logarithm is spread evenly, and not it itself
   */
  public record Real(double low, double high, boolean isLog) implements Dimension {}

  /** One of these. */
  public record Choice(List<JsonNode> values) implements Dimension {
    public Choice {
      values = List.copyOf(values);
    }
  }
}
