package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class OtherMetricsTest {
  private static final int[] TRUTH = {0, 1, 2, 2};
  private static final double[][] BY_CLASS = {
    {0.7, 0.2, 0.1, 0.5}, {0.2, 0.5, 0.2, 0.3}, {0.1, 0.3, 0.7, 0.2}
  };

  @Test
  void severalClassesHaveTheirValuesByHand() {
    assertThat(Multiclass.accuracy(TRUTH, BY_CLASS)).isEqualTo(0.75);
    assertThat(Multiclass.logLoss(TRUTH, BY_CLASS))
        .isCloseTo(
            -(Math.log(0.7) + Math.log(0.5) + Math.log(0.7) + Math.log(0.2)) / 4, within(1e-12));
    // F1 by class: 2/3, 1, 2/3.
    assertThat(Multiclass.macroF1(TRUTH, BY_CLASS))
        .isCloseTo((2.0 / 3 + 1 + 2.0 / 3) / 3, within(1e-12));
    // Areas of each class against the others: 1, 1, 3 of 4 pairs.
    assertThat(Multiclass.macroAuc(TRUTH, BY_CLASS)).isCloseTo((1 + 1 + 0.75) / 3, within(1e-12));
    assertThat(Multiclass.confusion(TRUTH, BY_CLASS))
        .isEqualTo(new long[][] {{1, 0, 0}, {0, 1, 0}, {1, 0, 1}});
  }

  @Test
  void aRowOfAClassThatTheModelDoesNotKnowIsWrong() {
    assertThat(Multiclass.accuracy(new int[] {Labels.UNKNOWN}, new double[][] {{1}, {0}})).isZero();
    assertThat(Multiclass.logLoss(new int[] {Labels.UNKNOWN}, new double[][] {{1}, {0}}))
        .isCloseTo(-Math.log(1e-15), within(1e-9));
  }

  @Test
  void predictedNumbersHaveTheirValuesByHand() {
    // The example in scikit-learn's documentation of r2_score and mean_absolute_error.
    double[] truth = {3, -0.5, 2, 7};
    double[] predicted = {2.5, 0.0, 2, 8};
    assertThat(Regression.mae(truth, predicted)).isEqualTo(0.5);
    assertThat(Regression.rmse(truth, predicted)).isCloseTo(Math.sqrt(0.375), within(1e-12));
    assertThat(Regression.r2(truth, predicted)).isCloseTo(0.9486081370449679, within(1e-12));
    assertThat(Regression.r2(new double[] {1, 1}, new double[] {1, 2})).isNaN();
  }

  @Test
  void drawsAreThoseOfSplitMix64() {
    // The first values of the reference implementation for the seed 1234567.
    var draws = new Draws(1234567);
    assertThat(draws.next()).isEqualTo(6457827717110365317L);
    assertThat(draws.next()).isEqualTo(3203168211198807973L);
  }
}
