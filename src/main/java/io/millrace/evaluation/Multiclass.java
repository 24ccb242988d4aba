package io.millrace.evaluation;

/**
 * Metrics of probabilities given to several classes, in double precision. Truth is the number of a
 * class, or one that no class has where the row's class is unknown to the model: such a row got the
 * probability 0.
 */
public final class Multiclass {
  private Multiclass() {}

  /**
   * Mean of -log of the probability given to the true class, after rows are scaled to sum 1;
   * clipped at 1e-15.
   */
  public static double logLoss(int[] truth, double[][] byClass) {
    return Binary.mean(logLosses(truth, byClass));
  }

  /** The share of rows whose most probable class is the true one; the first of equals counts. */
  public static double accuracy(int[] truth, double[][] byClass) {
    return Binary.mean(hits(truth, byClass));
  }

  static double[] logLosses(int[] truth, double[][] byClass) {
    var losses = new double[truth.length];
    for (int i = 0; i < losses.length; i++) {
      double sum = 0;
      for (var column : byClass) sum += column[i];
      double given = known(truth[i], byClass) ? byClass[truth[i]][i] / sum : 0;
      losses[i] = -Math.log(Math.min(1 - Binary.CLIP, Math.max(Binary.CLIP, given)));
    }
    return losses;
  }

  static double[] hits(int[] truth, double[][] byClass) {
    var hits = new double[truth.length];
    for (int i = 0; i < hits.length; i++) hits[i] = best(byClass, i) == truth[i] ? 1 : 0;
    return hits;
  }

  private static boolean known(int truth, double[][] byClass) {
    return truth >= 0 && truth < byClass.length;
  }

  static int best(double[][] byClass, int row) {
    int best = 0;
    for (int c = 1; c < byClass.length; c++) if (byClass[c][row] > byClass[best][row]) best = c;
    return best;
  }

  /**
   * Rows by true class (first index) and most probable class; rows of an unknown class are left
   * out.
   */
  public static long[][] confusion(int[] truth, double[][] byClass) {
    var counts = new long[byClass.length][byClass.length];
    for (int i = 0; i < truth.length; i++)
      if (known(truth[i], byClass)) counts[truth[i]][best(byClass, i)]++;
    return counts;
  }

  /**
   * Mean over classes of F1, each class counting once; classes that neither occur nor are predicted
   * are left out.
   */
  public static double macroF1(int[] truth, double[][] byClass) {
    var expected = new long[byClass.length];
    var called = new long[byClass.length];
    var right = new long[byClass.length];
    for (int i = 0; i < truth.length; i++) {
      int best = best(byClass, i);
      called[best]++;
      if (known(truth[i], byClass)) expected[truth[i]]++;
      if (best == truth[i]) right[best]++;
    }
    double sum = 0;
    int classes = 0;
    for (int c = 0; c < byClass.length; c++) {
      if (expected[c] + called[c] == 0) continue;
      sum += Binary.ratio(2 * right[c], expected[c] + called[c]);
      classes++;
    }
    return sum / classes;
  }

  /**
   * Mean over classes of the area under the curve of that class against all others; classes without
   * both are left out.
   */
  public static double macroAuc(int[] truth, double[][] byClass) {
    double sum = 0;
    int classes = 0;
    for (int c = 0; c < byClass.length; c++) {
      var positive = new boolean[truth.length];
      for (int i = 0; i < truth.length; i++) positive[i] = truth[i] == c;
      double auc = Binary.auc(positive, byClass[c]);
      if (Double.isNaN(auc)) continue;
      sum += auc;
      classes++;
    }
    return sum / classes;
  }
}
