package io.millrace.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/** A mixture of Gaussians cut at the ends of a range: one at each observation, one over it all. */
final class ParzenDensity {
  private static final double LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

  /** Draws that miss the range are repeated so often; then the nearest end is taken. */
  private static final int MOST_MISSES = 100;

  private final double low;
  private final double high;
  private final double[] means;
  private final double[] widths;

  ParzenDensity(double low, double high, double[] observed) {
    this.low = low;
    this.high = high;
    means = Arrays.copyOf(observed, observed.length + 1);
    means[observed.length] = (low + high) / 2;
    Arrays.sort(means);
    widths = new double[means.length];
    double range = high - low;
    double least = range / Math.min(100, 1 + means.length);
    boolean isPriorSeen = false;
    for (int i = 0; i < means.length; i++) {
      double before = means[i] - (i == 0 ? low : means[i - 1]);
      double after = (i == means.length - 1 ? high : means[i + 1]) - means[i];
      widths[i] = Math.clamp(Math.max(before, after), least, range);
      if (!isPriorSeen && means[i] == (low + high) / 2) {
        widths[i] = range;
        isPriorSeen = true;
      }
    }
  }

  double draw(SplittableRandom random) {
    int which = random.nextInt(means.length);
    double drawn = means[which];
    for (int i = 0; i < MOST_MISSES; i++) {
      drawn = means[which] + widths[which] * random.nextGaussian();
      if (drawn >= low && drawn <= high) return drawn;
    }
    return Math.clamp(drawn, low, high);
  }

  double logDensity(double at) {
    double most = Double.NEGATIVE_INFINITY;
    var logs = new double[means.length];
    for (int i = 0; i < means.length; i++) {
      double z = (at - means[i]) / widths[i];
      double inside = normal((high - means[i]) / widths[i]) - normal((low - means[i]) / widths[i]);
      logs[i] = -0.5 * z * z - LOG_ROOT_TWO_PI - Math.log(widths[i]) - Math.log(inside);
      most = Math.max(most, logs[i]);
    }
    double sum = 0;
    for (var log : logs) sum += Math.exp(log - most);
    return most + Math.log(sum) - Math.log(means.length);
  }

  /** The normal distribution function, by the logistic approximation of Page (1977). */
  private static double normal(double z) {
    return 1 / (1 + Math.exp(-1.5976 * z - 0.070565992 * z * z * z));
  }
}
