package io.millrace.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in the order of their scores, with what turned out: what the receiver operating
 * characteristic is made of. Sorted once, so that each weighted area costs one pass.
 */
final class Ranking {
  private final int[] order;
  private final boolean[] positive;

  /** For each place in the order: whether the next place has another score. */
  private final boolean[] lastOfTie;

  Ranking(boolean[] positive, double[] scores) {
    int rows = scores.length;
    this.positive = new boolean[rows];
    this.order = order(scores);
    this.lastOfTie = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      this.positive[i] = positive[order[i]];
      lastOfTie[i] = i == rows - 1 || scores[order[i]] != scores[order[i + 1]];
    }
  }

  /** Row numbers by score, equal scores by row; -0 counts as 0. */
  private static int[] order(double[] scores) {
    var keys = new long[scores.length];
    var sorted = new double[scores.length];
    for (int i = 0; i < scores.length; i++) sorted[i] = scores[i] + 0.0;
    Arrays.sort(sorted);
    for (int i = 0; i < scores.length; i++)
      keys[i] = ((long) Arrays.binarySearch(sorted, scores[i] + 0.0) << 32) | i;
    // binarySearch may find any of several equal scores, which is the same one for each of them.
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  /**
   * The area under the curve: the share of pairs of a positive and a negative row in which the
   * positive scores higher, ties counting half, which is Mann and Whitney's U over the number of
   * pairs (Hanley and McNeil, Radiology 143, 1982). NaN unless both kinds of rows are there.
   */
  double auc() {
    var once = new int[order.length];
    Arrays.fill(once, 1);
    return auc(once);
  }

  /** The same of rows that count as often as their weights say. */
  double auc(int[] weights) {
    long positives = 0;
    long negatives = 0;
    long negativesBelow = 0;
    long tiedPositives = 0;
    double wins = 0;
    for (int i = 0; i < order.length; i++) {
      int weight = weights[order[i]];
      if (positive[i]) {
        tiedPositives += weight;
      } else {
        negatives += weight;
      }
      if (lastOfTie[i]) {
        wins += tiedPositives * (0.5 * (negativesBelow + negatives));
        positives += tiedPositives;
        tiedPositives = 0;
        negativesBelow = negatives;
      }
    }
    return positives == 0 || negatives == 0 ? Double.NaN : wins / ((double) positives * negatives);
  }

  /**
   * Points (false positive rate, true positive rate) from (0,0) to (1,1), one per distinct score,
   * thinned to at most so many that lie evenly along the curve. Empty unless both kinds of rows are
   * there.
   */
  List<double[]> curve(int most) {
    var points = new ArrayList<double[]>();
    points.add(new double[] {0, 0});
    double positives = 0;
    double negatives = 0;
    for (int i = order.length - 1; i >= 0; i--) {
      if (i < order.length - 1 && lastOfTie[i]) points.add(new double[] {negatives, positives});
      if (positive[i]) positives++;
      else negatives++;
    }
    if (positives == 0 || negatives == 0) return List.of();
    points.add(new double[] {negatives, positives});
    for (var point : points) {
      point[0] /= negatives;
      point[1] /= positives;
    }
    return points.size() <= most ? points : thinned(points, most);
  }

  private static List<double[]> thinned(List<double[]> points, int most) {
    var kept = new ArrayList<double[]>();
    for (var point : points) {
      // The curve is monotone, so that the sum of its coordinates grows from 0 to 2 along it.
      if (point[0] + point[1] >= 2.0 * kept.size() / (most - 1)) kept.add(point);
    }
    if (!Arrays.equals(kept.getLast(), points.getLast())) kept.add(points.getLast());
    return kept;
  }
}
