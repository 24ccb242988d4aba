package io.millrace.evaluation;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Intervals by Efron's bootstrap: statistics of many samples, each as many rows drawn with
 * replacement as there are. Rows are drawn whole and not by class, so that the share of a class
 * varies as it would in new data. A sample is its rows' weights (multinomial), so that a statistic
 * over presorted rows costs one pass. Samples in which a statistic is not defined (one class only)
 * are left out for it.
 */
final class Bootstrap {
  private final int rows;
  private final int resamples;
  private final long seed;

  Bootstrap(int rows, int resamples, long seed) {
    this.rows = rows;
    this.resamples = resamples;
    this.seed = seed;
  }

  /**
   * One sorted array per statistic: its values over the same samples, those not defined left out.
   * CancellationException if the thread is interrupted, since many rows take long.
   */
  double[][] distributions(List<Statistic> statistics) {
    var values = samples(statistics);
    for (int k = 0; k < values.length; k++) {
      values[k] = Arrays.stream(values[k]).filter(v -> !Double.isNaN(v)).sorted().toArray();
    }
    return values;
  }

  /**
   * The values of each statistic, one a sample, in the order of the samples; NaN where it is none.
   */
  double[][] samples(List<Statistic> statistics) {
    var values = new double[statistics.size()][resamples];
    var draws = new Draws(seed);
    var weights = new int[rows];
    for (int sample = 0; sample < resamples; sample++) {
      if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
      Arrays.fill(weights, 0);
      for (int i = 0; i < rows; i++) weights[draws.below(rows)]++;
      for (int k = 0; k < values.length; k++) values[k][sample] = statistics.get(k).of(weights);
    }
    return values;
  }

  /** The interval between the 2.5 and the 97.5 percentile of each statistic. */
  List<Interval> intervals(List<Statistic> statistics) {
    return Arrays.stream(distributions(statistics)).map(Bootstrap::interval).toList();
  }

  static Interval interval(double[] sorted) {
    double tail = (1 - Interval.CONFIDENCE) / 2;
    return new Interval(quantile(sorted, tail), quantile(sorted, 1 - tail));
  }

  /** By linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996). */
  static double quantile(double[] sorted, double share) {
    if (sorted.length == 0) return Double.NaN;
    double at = share * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /**
   * Two-sided p value of a difference of 0, by how many samples lie on its either side, counting
   * the observed sample in (Davison and Hinkley, "Bootstrap methods and their application", 1997,
   * section 4.2).
   */
  static double pValue(double[] sorted) {
    if (sorted.length == 0) return Double.NaN;
    long notAbove = Arrays.stream(sorted).filter(v -> v <= 0).count();
    long notBelow = Arrays.stream(sorted).filter(v -> v >= 0).count();
    return Math.min(1, 2.0 * (1 + Math.min(notAbove, notBelow)) / (sorted.length + 1));
  }
}
