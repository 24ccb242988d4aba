package io.millrace.evaluation;

/** Metrics of predicted numbers, in double precision. */
public final class Regression {
  private Regression() {}

  /** Mean absolute error. */
  public static double mae(double[] truth, double[] predicted) {
    return Binary.mean(absoluteErrors(truth, predicted));
  }

  /** Root of the mean squared error. */
  public static double rmse(double[] truth, double[] predicted) {
    return Math.sqrt(Binary.mean(squaredErrors(truth, predicted)));
  }

  /**
   * Share of the variance explained: 1 - squared errors over squared distances from the mean; NaN
   * where all are equal.
   */
  public static double r2(double[] truth, double[] predicted) {
    double mean = Binary.mean(truth);
    double total = 0;
    for (double value : truth) total += (value - mean) * (value - mean);
    return total == 0
        ? Double.NaN
        : 1 - Binary.mean(squaredErrors(truth, predicted)) * truth.length / total;
  }

  static double[] absoluteErrors(double[] truth, double[] predicted) {
    var errors = new double[truth.length];
    for (int i = 0; i < errors.length; i++) errors[i] = Math.abs(predicted[i] - truth[i]);
    return errors;
  }

  static double[] squaredErrors(double[] truth, double[] predicted) {
    var errors = new double[truth.length];
    for (int i = 0; i < errors.length; i++)
      errors[i] = (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
    return errors;
  }
}
