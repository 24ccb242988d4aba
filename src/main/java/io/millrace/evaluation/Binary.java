package io.millrace.evaluation;

import io.millrace.base.InvalidInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Metrics of probabilities given to yes-or-no questions, in double precision. */
public final class Binary {
  /** Probabilities are kept this far from 0 and 1 in logarithms, as scikit-learn long did. */
  static final double CLIP = 1e-15;

  private Binary() {}

  /**
   * Area under the receiver operating characteristic, ties counting half; NaN unless both classes
   * are there.
   */
  public static double auc(boolean[] positive, double[] scores) {
    return new Ranking(positive, scores).auc();
  }

  /** Mean of -log of the probability given to what turned out, clipped at 1e-15. */
  public static double logLoss(boolean[] positive, double[] scores) {
    return mean(logLosses(positive, scores));
  }

  /**
   * Mean squared difference of probability and outcome (G. W. Brier, Monthly Weather Review 78,
   * 1950).
   */
  public static double brier(boolean[] positive, double[] scores) {
    return mean(squaredErrors(positive, scores));
  }

  static double[] logLosses(boolean[] positive, double[] scores) {
    var losses = new double[scores.length];
    for (int i = 0; i < losses.length; i++) {
      double p = Math.min(1 - CLIP, Math.max(CLIP, scores[i]));
      losses[i] = positive[i] ? -Math.log(p) : -Math.log1p(-p);
    }
    return losses;
  }

  static double[] squaredErrors(boolean[] positive, double[] scores) {
    var errors = new double[scores.length];
    for (int i = 0; i < errors.length; i++) {
      double error = scores[i] - (positive[i] ? 1 : 0);
      errors[i] = error * error;
    }
    return errors;
  }

  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) sum += value;
    return sum / values.length;
  }

  /** Mean of values by weight. */
  static double mean(double[] values, int[] weights) {
    double sum = 0;
    long rows = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights[i] * values[i];
      rows += weights[i];
    }
    return sum / rows;
  }

  /** Refuses scores that are no probabilities, naming the row. */
  public static void check(double[] scores, String what) {
    for (int i = 0; i < scores.length; i++) {
      if (!(scores[i] >= 0 && scores[i] <= 1))
        throw new InvalidInput(
            "%s at row %d".formatted(what, i + 1), scores[i], "a probability from 0 to 1");
    }
  }

  /**
   * How often a row at or above the threshold was positive, and the other three cases.
   *
   * @param truePositives positive rows at or above it
   * @param falsePositives negative rows at or above it
   */
  public record Confusion(
      double threshold,
      long truePositives,
      long falsePositives,
      long trueNegatives,
      long falseNegatives) {
    public static Confusion at(double threshold, boolean[] positive, double[] scores) {
      long tp = 0;
      long fp = 0;
      long tn = 0;
      long fn = 0;
      for (int i = 0; i < scores.length; i++) {
        if (scores[i] >= threshold) {
          if (positive[i]) tp++;
          else fp++;
        } else if (positive[i]) {
          fn++;
        } else {
          tn++;
        }
      }
      return new Confusion(threshold, tp, fp, tn, fn);
    }

    public double accuracy() {
      return ratio(
          truePositives + trueNegatives,
          truePositives + falsePositives + trueNegatives + falseNegatives);
    }

    /** The share of rows called positive that were; 0 where none was called so. */
    public double precision() {
      return ratio(truePositives, truePositives + falsePositives);
    }

    /** The share of positive rows that were called so; 0 where there was none. */
    public double recall() {
      return ratio(truePositives, truePositives + falseNegatives);
    }

    /** The harmonic mean of precision and recall. */
    public double f1() {
      return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
    }
  }

  static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /**
   * Rows of similar score: their mean score beside the share that was positive.
   *
   * @param interval Wilson's, of the share
   */
  public record CalibrationBin(double score, double rate, long rows, Interval interval) {}

  /** About so many bins of equally many rows, by score; rows of equal score are never parted. */
  public static List<CalibrationBin> calibration(boolean[] positive, double[] scores, int bins) {
    var rows = new Integer[scores.length];
    for (int i = 0; i < rows.length; i++) rows[i] = i;
    Arrays.sort(rows, Comparator.comparingDouble(i -> scores[i]));
    var table = new ArrayList<CalibrationBin>();
    int from = 0;
    for (int bin = 1; bin <= bins && from < rows.length; bin++) {
      int to = Math.max(from, (int) Math.round((double) bin * rows.length / bins));
      while (to > from && to < rows.length && scores[rows[to]] == scores[rows[to - 1]]) to++;
      if (to == from) continue;
      double sum = 0;
      long cases = 0;
      for (int i = from; i < to; i++) {
        sum += scores[rows[i]];
        if (positive[rows[i]]) cases++;
      }
      table.add(
          new CalibrationBin(
              sum / (to - from),
              (double) cases / (to - from),
              to - from,
              Interval.wilson(cases, to - from)));
      from = to;
    }
    return table;
  }

  /**
   * Mean distance of score and rate over the bins, by rows (expected calibration error; Naeini and
   * others, AAAI 2015).
   */
  public static double calibrationError(List<CalibrationBin> table) {
    double sum = 0;
    long rows = 0;
    for (var bin : table) {
      sum += bin.rows() * Math.abs(bin.score() - bin.rate());
      rows += bin.rows();
    }
    return sum / rows;
  }
}
