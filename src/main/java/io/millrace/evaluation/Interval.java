package io.millrace.evaluation;

/** Where a value lies with 95 % confidence; NaN at both ends where that cannot be said. */
public record Interval(double low, double high) {
  static final double CONFIDENCE = 0.95;

  /** The normal distribution's quantile at 0.975. */
  private static final double Z = 1.959963984540054;

  /**
   * Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927): it holds its confidence for
   * few cases and for shares near 0 and 1, and never leaves [0, 1].
   */
  public static Interval wilson(long cases, long rows) {
    if (rows == 0) return new Interval(Double.NaN, Double.NaN);
    double share = (double) cases / rows;
    double z2 = Z * Z / rows;
    double centre = (share + z2 / 2) / (1 + z2);
    double half = Z / (1 + z2) * Math.sqrt(share * (1 - share) / rows + z2 / (4 * rows));
    return new Interval(
        cases == 0 ? 0 : Math.max(0, centre - half),
        cases == rows ? 1 : Math.min(1, centre + half));
  }
}
