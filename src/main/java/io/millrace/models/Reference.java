package io.millrace.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * Reference statistics: what the inputs and the outputs of a model looked like where it was
 * trained, with frozen bins to count later values in. Equal tables give equal statistics, to the
 * last digit.
 *
 * <pre>{@code
 * {"rows": 100,
 *  "inputs":  {"age": {"kind": "number", "missing": 3, "min": .., "max": .., "mean": .., "stddev": ..,
 *                      "quantiles": {"0.01": .., ...}, "edges": [..], "counts": [..]},
 *              "sex": {"kind": "text", "missing": 0, "distinct": 2, "top": [{"value": "male", "rows": 60}, ..], "others": 0}},
 *  "outputs": {"probability": {..}}}
 * }</pre>
 *
 * The edges lie on deciles, repeated ones once; bin i holds edges[i] <= v < edges[i+1], the last
 * bin its upper edge too.
 */
public final class Reference {
  private static final double[] QUANTILES = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
  private static final int BINS = 10;
  private static final int TOP = 50;

  private Reference() {}

  /**
   * Statistics of tables as {@link Feed} describes them: double[] with NaN, or String[] with null
   * or "", for missing.
   */
  public static ObjectNode of(SortedMap<String, ?> inputs, SortedMap<String, ?> outputs) {
    var json = Json.object().put("rows", Feed.rows(inputs));
    var given = json.putObject("inputs");
    inputs.forEach((name, column) -> given.set(name, column(name, column)));
    var answered = json.putObject("outputs");
    outputs.forEach((name, column) -> answered.set(name, column(name, column)));
    return json;
  }

  private static ObjectNode column(String name, Object column) {
    return switch (column) {
      case double[] numbers -> numbers(numbers);
      case String[] texts -> texts(texts);
      default ->
          throw new IllegalArgumentException(
              "column %s is a %s".formatted(name, column.getClass().getSimpleName()));
    };
  }

  private static ObjectNode numbers(double[] values) {
    var sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    var json = Json.object().put("kind", "number").put("missing", values.length - sorted.length);
    if (sorted.length == 0) return json;
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < sorted.length; i++) { // Welford
      double delta = sorted[i] - mean;
      mean += delta / (i + 1);
      squares += delta * (sorted[i] - mean);
    }
    json.put("min", sorted[0]).put("max", sorted[sorted.length - 1]).put("mean", mean);
    json.put("stddev", sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : 0);
    var quantiles = json.putObject("quantiles");
    for (double q : QUANTILES) quantiles.put(Double.toString(q), quantile(sorted, q));
    histogram(sorted, json.putArray("edges"), json.putArray("counts"));
    return json;
  }

  private static void histogram(double[] sorted, ArrayNode edgesJson, ArrayNode countsJson) {
    var edges = new double[BINS + 1];
    for (int i = 0; i <= BINS; i++) edges[i] = quantile(sorted, (double) i / BINS);
    edges = Arrays.stream(edges).distinct().toArray();
    var counts = new long[Math.max(1, edges.length - 1)];
    for (double value : sorted) {
      int found = Arrays.binarySearch(edges, value);
      int bin = found >= 0 ? found : -found - 2;
      counts[Math.min(bin, counts.length - 1)]++;
    }
    for (double edge : edges) edgesJson.add(edge);
    for (long count : counts) countsJson.add(count);
  }

  /** Linear between the two nearest ranks (Hyndman and Fan's type 7). */
  private static double quantile(double[] sorted, double q) {
    double rank = q * (sorted.length - 1);
    int below = (int) Math.floor(rank);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }

  private static ObjectNode texts(String[] values) {
    var counts = new HashMap<String, Long>();
    int missing = 0;
    for (var value : values) {
      if (value == null || value.isEmpty()) missing++;
      else counts.merge(value, 1L, Long::sum);
    }
    var json =
        Json.object().put("kind", "text").put("missing", missing).put("distinct", counts.size());
    var top = json.putArray("top");
    var mostFirst =
        Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
            .thenComparing(Map.Entry.comparingByKey());
    counts.entrySet().stream()
        .sorted(mostFirst)
        .limit(TOP)
        .forEach(
            entry -> top.addObject().put("value", entry.getKey()).put("rows", entry.getValue()));
    long shown = 0;
    for (var entry : top) shown += entry.path("rows").asLong();
    return json.put("others", values.length - missing - shown);
  }
}
