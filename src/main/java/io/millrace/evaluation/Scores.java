package io.millrace.evaluation;

/** What a model answered to rows: one column of numbers, or one for each class. */
final class Scores {
  private final double[][] columns;

  Scores(double[]... columns) {
    this.columns = columns;
  }

  double[] single() {
    if (columns.length != 1)
      throw new IllegalStateException("%d columns of scores".formatted(columns.length));
    return columns[0];
  }

  double[][] byClass() {
    return columns;
  }

  int classes() {
    return columns.length;
  }

  /** Those of some rows, in that order. */
  Scores of(int[] rows) {
    var taken = new double[columns.length][rows.length];
    for (int c = 0; c < columns.length; c++) {
      for (int i = 0; i < rows.length; i++) taken[c][i] = columns[c][rows[i]];
    }
    return new Scores(taken);
  }
}
