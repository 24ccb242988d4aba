package io.millrace.evaluation;

/**
 * A number computed of rows that each count as often as their weight says; NaN where it is not
 * defined.
 */
@FunctionalInterface
interface Statistic {
  double of(int[] weights);
}
