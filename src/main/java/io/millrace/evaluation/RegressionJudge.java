package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** Judges predicted numbers. */
final class RegressionJudge implements Judge {
  private static final int HISTOGRAM_BINS = 40;

  private final double[] truth;

  RegressionJudge(double[] truth) {
    this.truth = truth;
  }

  @Override
  public int rows() {
    return truth.length;
  }

  @Override
  public void check(Scores scores, String model) {
    var values = scores.single();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i]))
        throw new InvalidInput(
            "prediction of %s at row %d".formatted(model, i + 1), values[i], "a finite number");
    }
  }

  @Override
  public ObjectNode metrics(Scores scores) {
    var metrics = Json.object();
    Judge.put(metrics, "mae", Regression.mae(truth, scores.single()));
    Judge.put(metrics, "rmse", Regression.rmse(truth, scores.single()));
    Judge.put(metrics, "r2", Regression.r2(truth, scores.single()));
    Judge.put(metrics, "mean_error", Binary.mean(scores.single()) - Binary.mean(truth));
    return metrics;
  }

  @Override
  public SortedMap<String, Statistic> statistics(Scores scores) {
    var statistics = new TreeMap<String, Statistic>();
    var absolute = Regression.absoluteErrors(truth, scores.single());
    statistics.put("mae", weights -> Binary.mean(absolute, weights));
    var squared = Regression.squaredErrors(truth, scores.single());
    statistics.put("rmse", weights -> Math.sqrt(Binary.mean(squared, weights)));
    statistics.put("r2", weights -> 1 - Binary.mean(squared, weights) / variance(weights));
    return statistics;
  }

  /** NaN where all values are equal, so that R2 is not defined. */
  private double variance(int[] weights) {
    double mean = Binary.mean(truth, weights);
    double sum = 0;
    long rows = 0;
    for (int i = 0; i < truth.length; i++) {
      sum += weights[i] * (truth[i] - mean) * (truth[i] - mean);
      rows += weights[i];
    }
    return sum == 0 ? Double.NaN : sum / rows;
  }

  @Override
  public void describe(Scores scores, ObjectNode report) {
    var values = scores.single();
    var residuals = new double[truth.length];
    for (int i = 0; i < residuals.length; i++) residuals[i] = values[i] - truth[i];
    var sorted = residuals.clone();
    Arrays.sort(sorted);
    // The outer half per cent on either side goes into the first and the last bin, so that a few
    // far rows hide nothing.
    double low = Bootstrap.quantile(sorted, 0.005);
    double high = Bootstrap.quantile(sorted, 0.995);
    int bins = low == high ? 1 : HISTOGRAM_BINS;
    var edges = new double[bins + 1];
    for (int i = 0; i <= bins; i++) edges[i] = low + (high - low) * i / bins;
    var counts = new long[bins];
    for (double residual : residuals) {
      int bin = low == high ? 0 : (int) Math.floor((residual - low) / (high - low) * bins);
      counts[Math.min(bins - 1, Math.max(0, bin))]++;
    }
    var histogram = Judge.histogram(edges);
    var rows = histogram.putArray("rows");
    for (long count : counts) rows.add(count);
    report.putObject("curves").set("residual_histogram", histogram);
  }

  @Override
  public String sliceMetric() {
    return "mae";
  }

  @Override
  public Judge of(int[] rows) {
    var taken = new double[rows.length];
    for (int i = 0; i < rows.length; i++) taken[i] = truth[rows[i]];
    return new RegressionJudge(taken);
  }
}
