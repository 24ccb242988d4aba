package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.base.InvalidInput;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class BinaryTest {
  private static final boolean[] LABELS = {false, false, true, true};
  private static final double[] SCORES = {0.1, 0.4, 0.35, 0.8};

  @Test
  void theTextbookExampleHasItsKnownValues() {
    // The example in scikit-learn's documentation of roc_auc_score; the rest by hand.
    assertThat(Binary.auc(LABELS, SCORES)).isEqualTo(0.75);
    double expected = -(Math.log(0.9) + Math.log(0.6) + Math.log(0.35) + Math.log(0.8)) / 4;
    assertThat(Binary.logLoss(LABELS, SCORES)).isCloseTo(expected, within(1e-15));
    assertThat(Binary.brier(LABELS, SCORES))
        .isCloseTo((0.01 + 0.16 + 0.4225 + 0.04) / 4, within(1e-15));
  }

  @Test
  void tiesCountHalf() {
    assertThat(Binary.auc(new boolean[] {true, false}, new double[] {0.5, 0.5})).isEqualTo(0.5);
    assertThat(Binary.auc(new boolean[] {true, false, false}, new double[] {0.0, -0.0, -1}))
        .isEqualTo(0.75);
  }

  @Test
  void theAreaIsNotDefinedForOneClass() {
    assertThat(Binary.auc(new boolean[] {true, true}, new double[] {0.1, 0.2})).isNaN();
    assertThat(new Ranking(new boolean[] {false}, new double[] {0.1}).curve(200)).isEmpty();
  }

  @Test
  void certainAndWrongIsClippedNotInfinite() {
    assertThat(Binary.logLoss(new boolean[] {true}, new double[] {0}))
        .isCloseTo(-Math.log(1e-15), within(1e-9));
    assertThat(Binary.logLoss(new boolean[] {true}, new double[] {1})).isCloseTo(0, within(1e-14));
  }

  @RepeatedTest(50)
  void theAreaIsTheShareOfPairsAndKeepsUnderMonotoneTransforms(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    var random = new Random(seed);
    int rows = 2 + random.nextInt(60);
    var positive = new boolean[rows];
    var scores = new double[rows];
    var transformed = new double[rows];
    for (int i = 0; i < rows; i++) {
      positive[i] = random.nextBoolean();
      scores[i] = random.nextInt(12) / 12.0;
      transformed[i] = Math.exp(3 * scores[i]) - 7;
    }
    assertThat(Binary.auc(positive, scores))
        .as("seed %d", seed)
        .isCloseTo(pairs(positive, scores), within(1e-12));
    assertThat(Binary.auc(positive, transformed))
        .as("seed %d", seed)
        .isEqualTo(Binary.auc(positive, scores));
  }

  @RepeatedTest(20)
  void weightsCountAsRowsWrittenSoOften(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    var random = new Random(seed);
    var positive = new boolean[30];
    var scores = new double[30];
    var weights = new int[30];
    int total = 0;
    for (int i = 0; i < 30; i++) {
      positive[i] = i % 2 == 0;
      scores[i] = random.nextInt(9);
      weights[i] = random.nextInt(4) + (i < 2 ? 1 : 0);
      total += weights[i];
    }
    var manyPositive = new boolean[total];
    var manyScores = new double[total];
    int at = 0;
    for (int i = 0; i < 30; i++) {
      for (int k = 0; k < weights[i]; k++) {
        manyPositive[at] = positive[i];
        manyScores[at++] = scores[i];
      }
    }
    assertThat(new Ranking(positive, scores).auc(weights))
        .as("seed %d", seed)
        .isCloseTo(pairs(manyPositive, manyScores), within(1e-12));
  }

  private static double pairs(boolean[] positive, double[] scores) {
    double wins = 0;
    long pairs = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (!positive[i] || positive[j]) continue;
        pairs++;
        wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      }
    }
    return pairs == 0 ? Double.NaN : wins / pairs;
  }

  @Test
  void theCurveIsThinnedMonotoneAndKeepsItsArea() {
    var random = new Random(3);
    var positive = new boolean[20_000];
    var scores = new double[positive.length];
    for (int i = 0; i < scores.length; i++) {
      positive[i] = random.nextDouble() < 0.3;
      scores[i] = random.nextGaussian() + (positive[i] ? 1 : 0);
    }
    var curve = new Ranking(positive, scores).curve(200);
    assertThat(curve).hasSizeBetween(150, 200);
    assertThat(curve.getFirst()).containsExactly(0, 0);
    assertThat(curve.getLast()).containsExactly(1, 1);
    double area = 0;
    for (int i = 1; i < curve.size(); i++) {
      var a = curve.get(i - 1);
      var b = curve.get(i);
      assertThat(b[0]).isGreaterThanOrEqualTo(a[0]);
      assertThat(b[1]).isGreaterThanOrEqualTo(a[1]);
      area += (b[0] - a[0]) * (a[1] + b[1]) / 2;
    }
    assertThat(area).isCloseTo(Binary.auc(positive, scores), within(1e-3));
  }

  @Test
  void aThresholdGivesTheFourCasesAndTheirRates() {
    var confusion = Binary.Confusion.at(0.4, LABELS, SCORES);
    assertThat(confusion).isEqualTo(new Binary.Confusion(0.4, 1, 1, 1, 1));
    assertThat(confusion.precision()).isEqualTo(0.5);
    assertThat(confusion.recall()).isEqualTo(0.5);
    assertThat(confusion.f1()).isEqualTo(0.5);
    assertThat(Binary.Confusion.at(0.9, LABELS, SCORES).precision()).isZero();
  }

  @Test
  void calibrationBinsHoldEqualManyRowsAndNeverPartEqualScores() {
    var scores = new double[100];
    var positive = new boolean[100];
    for (int i = 0; i < 100; i++) {
      scores[i] = i < 35 ? 0.2 : 0.2 + i / 200.0;
      positive[i] = i % 5 == 0;
    }
    var table = Binary.calibration(positive, scores, 10);
    assertThat(table.stream().mapToLong(Binary.CalibrationBin::rows).sum()).isEqualTo(100);
    assertThat(table.getFirst().rows()).isEqualTo(35);
    assertThat(table.getFirst().score()).isCloseTo(0.2, within(1e-12));
    assertThat(table.getFirst().rate()).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void perfectlyCalibratedScoresHaveLittleCalibrationError() {
    var random = new Random(5);
    var scores = new double[50_000];
    var positive = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = random.nextDouble();
      positive[i] = random.nextDouble() < scores[i];
    }
    assertThat(Binary.calibrationError(Binary.calibration(positive, scores, 10))).isLessThan(0.01);
    for (int i = 0; i < scores.length; i++) scores[i] = scores[i] * scores[i];
    assertThat(Binary.calibrationError(Binary.calibration(positive, scores, 10)))
        .isGreaterThan(0.1);
  }

  @Test
  void wilsonsIntervalHasItsPublishedValues() {
    // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    var interval = Interval.wilson(81, 263);
    assertThat(interval.low()).isCloseTo(0.2553, within(5e-5));
    assertThat(interval.high()).isCloseTo(0.3662, within(5e-5));
    assertThat(Interval.wilson(0, 20).low()).isZero();
    assertThat(Interval.wilson(0, 20).high()).isCloseTo(0.1611, within(5e-5));
    assertThat(Interval.wilson(5, 5).high()).isEqualTo(1);
  }

  @Test
  void whatIsNoProbabilityIsRefusedWithItsRow() {
    assertThatThrownBy(() -> Binary.check(new double[] {0.5, 1.5}, "score"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("score at row 2: got 1.5, expected a probability from 0 to 1");
    assertThatThrownBy(() -> Binary.check(new double[] {Double.NaN}, "score"))
        .isInstanceOf(InvalidInput.class);
  }
}
