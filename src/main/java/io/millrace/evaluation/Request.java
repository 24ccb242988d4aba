package io.millrace.evaluation;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be evaluated, on what, and how.
 *
 * @param model a model package
 * @param baselines a directory of packages, one folder each, judged on the same rows
 * @param data a directory of Parquet files
 */
public record Request(Digest model, @Nullable Digest baselines, Digest data, Settings settings) {

  /**
   * How answers are judged; null and empty where the package's lock says it.
   *
   * @param regression whether numbers are predicted, not classes
   * @param label the column that holds what turned out
   * @param classes of the label, in the order of the model's probabilities; of two, the second is
   *     the positive one
   * @param output of the model, where its name does not tell
   * @param slices columns whose values part the rows
   * @param leastRows a slice has at least so many rows
   * @param threshold scores from it on count as positive in precision, recall, F1 and the confusion
   */
  public record Settings(
      boolean regression,
      @Nullable String label,
      List<String> classes,
      @Nullable String output,
      List<String> slices,
      int leastRows,
      double threshold) {
    public static final int LEAST_ROWS = 50;
    public static final double THRESHOLD = 0.5;

    public Settings {
      classes = List.copyOf(classes);
      slices = slices.stream().distinct().toList();
      if (leastRows < 1) throw new InvalidInput("least rows of a slice", leastRows, "1 or more");
      if (!(threshold >= 0 && threshold <= 1))
        throw new InvalidInput("threshold", threshold, "a number from 0 to 1");
    }

    public static Settings forClassification() {
      return new Settings(false, null, List.of(), null, List.of(), LEAST_ROWS, THRESHOLD);
    }

    public static Settings forRegression() {
      return new Settings(true, null, List.of(), null, List.of(), LEAST_ROWS, THRESHOLD);
    }

    public Settings withSlices(List<String> columns) {
      return new Settings(regression, label, classes, output, columns, leastRows, threshold);
    }

    public Settings withLabel(String column) {
      return new Settings(regression, column, classes, output, slices, leastRows, threshold);
    }
  }
}
