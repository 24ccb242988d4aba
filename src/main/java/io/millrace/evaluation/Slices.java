package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.millrace.base.Json;
import io.millrace.data.Column;
import io.millrace.data.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The parts of the rows that share a value of a column. Numbers with many values are cut at their
 * quartiles. Parts with fewer rows than the minimum say too little to be shown, nor are more than
 * 200 of a column, the largest first.
 */
final class Slices {
  private static final int MOST_PER_COLUMN = 200;
  private static final int MOST_NUMBERS = 20;
  private static final String MISSING = "(missing)";

  private final Frame frame;
  private final int[] rows;
  private final int least;

  record Slice(String value, int[] rows) {}

  /** Slices of those rows of the frame; what they hold are places in the array of rows. */
  Slices(Frame frame, int[] rows, int least) {
    this.frame = frame;
    this.rows = rows;
    this.least = least;
  }

  /** The largest first, equal ones by value. */
  List<Slice> of(String name) {
    var column = frame.column(name);
    var cuts = cuts(column);
    var parts = new TreeMap<String, List<Integer>>();
    for (int i = 0; i < rows.length; i++) {
      parts.computeIfAbsent(value(column, rows[i], cuts), _ -> new ArrayList<>()).add(i);
    }
    return parts.entrySet().stream()
        .filter(part -> part.getValue().size() >= least)
        .map(part -> new Slice(part.getKey(), part.getValue().stream().mapToInt(i -> i).toArray()))
        .sorted(
            Comparator.comparingInt((Slice slice) -> -slice.rows().length)
                .thenComparing(Slice::value))
        .limit(MOST_PER_COLUMN)
        .toList();
  }

  private static String value(Column column, int row, double[] cuts) {
    if (cuts.length > 0
        && column instanceof Column.NumberColumn numbers
        && !Double.isNaN(numbers.values()[row])) {
      return range(numbers.values()[row], cuts);
    }
    var text = Labels.text(column, row);
    return text == null || text.isEmpty() ? MISSING : text;
  }

  private static String range(double value, double[] cuts) {
    int i = 0;
    while (i < cuts.length && value >= cuts[i]) i++;
    if (i == 0) return "below " + number(cuts[0]);
    if (i == cuts.length) return "from " + number(cuts[i - 1]);
    return "%s to below %s".formatted(number(cuts[i - 1]), number(cuts[i]));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Float.toString((float) value);
  }

  /** The quartiles of a column of many numbers, each once; empty for other columns. */
  private double[] cuts(Column column) {
    if (!(column instanceof Column.NumberColumn numbers)) return new double[0];
    var sorted =
        IntStream.of(rows)
            .mapToDouble(row -> numbers.values()[row])
            .filter(v -> !Double.isNaN(v))
            .sorted()
            .toArray();
    if (Arrays.stream(sorted).distinct().limit(MOST_NUMBERS + 1).count() <= MOST_NUMBERS)
      return new double[0];
    return IntStream.of(1, 2, 3)
        .mapToDouble(i -> Bootstrap.quantile(sorted, i / 4.0))
        .distinct()
        .toArray();
  }

  /**
   * As a report shows them: each with its metric and interval; null where the metric is not defined
   * there.
   */
  ArrayNode json(List<String> columns, Judge judge, Scores scores, int resamples, long seed) {
    var array = Json.array();
    for (var column : columns) {
      for (var slice : of(column)) {
        var part = judge.of(slice.rows());
        var statistic = part.statistics(scores.of(slice.rows())).get(judge.sliceMetric());
        if (statistic == null)
          throw new IllegalStateException("no statistic " + judge.sliceMetric());
        var once = new int[part.rows()];
        Arrays.fill(once, 1);
        double value = statistic.of(once);
        var interval =
            Double.isNaN(value)
                ? new Interval(Double.NaN, Double.NaN)
                : new Bootstrap(part.rows(), resamples, seed)
                    .intervals(List.of(statistic))
                    .getFirst();
        var json =
            array
                .addObject()
                .put("column", column)
                .put("value", slice.value())
                .put("rows", part.rows())
                .put("metric", judge.sliceMetric());
        Judge.put(json, judge.sliceMetric(), value);
        Judge.put(json, "low", interval.low());
        Judge.put(json, "high", interval.high());
      }
    }
    return array;
  }
}
