package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The settings that are tried, and those that a user may fix. */
final class Hyperparameters {
  /**
   * The smallest and the largest value that is taken; what XGBoost itself would refuse only while
   * it runs.
   */
  private record Range(double least, double most, boolean whole) {}

  private static final Map<String, Range> KNOWN =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("max_depth", new Range(1, 16, true)),
              Map.entry("eta", new Range(1e-4, 1, false)),
              Map.entry("min_child_weight", new Range(0, 1e6, false)),
              Map.entry("subsample", new Range(0.01, 1, false)),
              Map.entry("colsample_bytree", new Range(0.01, 1, false)),
              Map.entry("lambda", new Range(0, 1e6, false)),
              Map.entry("alpha", new Range(0, 1e6, false)),
              Map.entry("gamma", new Range(0, 1e6, false)),
              Map.entry("max_bin", new Range(2, 4096, true)),
              Map.entry("max_leaves", new Range(0, 65536, true)),
              Map.entry("max_delta_step", new Range(0, 1e6, false)),
              Map.entry("max_cat_threshold", new Range(1, 4096, true))));

  private static final List<Map<String, Object>> GRID =
      List.of(
          Map.of("max_depth", 3L, "eta", 0.1, "min_child_weight", 1.0, "subsample", 0.8),
          Map.of(
              "max_depth",
              5L,
              "eta",
              0.1,
              "min_child_weight",
              10.0,
              "subsample",
              0.8,
              "colsample_bytree",
              0.8),
          Map.of(
              "max_depth",
              8L,
              "eta",
              0.1,
              "min_child_weight",
              30.0,
              "subsample",
              0.8,
              "colsample_bytree",
              0.7));

  private Hyperparameters() {}

  /** Refuses names and values that XGBoost does not take, naming the nearest. */
  static void check(Map<String, JsonNode> given) {
    given.forEach((name, value) -> {
      var range = KNOWN.get(name);
      if (range == null) {
        throw new InvalidInput(
            "params: there is no hyper-parameter \"%s\"%s; known are %s"
                .formatted(
                    name,
                    Names.nearest(name, KNOWN.keySet())
                        .map("; did you mean \"%s\"?"::formatted)
                        .orElse(""),
                    String.join(", ", KNOWN.keySet())));
      }
      boolean fits =
          value.isNumber()
              && value.doubleValue() >= range.least()
              && value.doubleValue() <= range.most()
              && (!range.whole() || value.canConvertToExactIntegral());
      if (!fits) {
        throw new InvalidInput(
            "params: %s".formatted(name),
            Json.write(value),
            "%s from %s to %s"
                .formatted(
                    range.whole() ? "a whole number" : "a number",
                    shown(range.least()),
                    shown(range.most())));
      }
    });
  }

  private static String shown(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** The grid with what is given in the place of its own values; each setting once. */
  static List<Map<String, Object>> candidates(Map<String, JsonNode> given) {
    check(given);
    var candidates = new LinkedHashSet<Map<String, Object>>();
    for (var setting : GRID) {
      var merged = new TreeMap<String, Object>(setting);
      given.forEach((name, value) -> {
        if (value.canConvertToExactIntegral()) merged.put(name, value.longValue());
        else merged.put(name, value.doubleValue());
      });
      candidates.add(merged);
    }
    return new ArrayList<>(candidates);
  }
}
