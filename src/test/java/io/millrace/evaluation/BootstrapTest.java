package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

final class BootstrapTest {

  @Test
  void anInterruptEndsItSinceManyRowsTakeLong() {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> new Bootstrap(100, 300, 1).intervals(List.of(_ -> 1)))
          .isInstanceOf(CancellationException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void intervalsOfTheAreaHoldTheTruthAsOftenAsTheySay() {
    // Scores normal with unit variance, one apart: the true area is Phi(1 / sqrt 2).
    double truth = 0.7602499389065233;
    int held = 0;
    int trials = 400;
    for (int trial = 0; trial < trials; trial++) {
      var random = new Random(trial);
      var positive = new boolean[300];
      var scores = new double[300];
      for (int i = 0; i < 300; i++) {
        positive[i] = random.nextDouble() < 0.3;
        scores[i] = random.nextGaussian() + (positive[i] ? 1 : 0);
      }
      var interval =
          new Bootstrap(300, 300, trial)
              .intervals(List.of(new Ranking(positive, scores)::auc))
              .getFirst();
      if (interval.low() <= truth && truth <= interval.high()) held++;
    }
    // 95 % of 400 is 380, give or take 4.4.
    assertThat((double) held / trials).isBetween(0.92, 0.98);
  }

  @Test
  void theSpreadOfAMeanIsThatOfTheory() {
    var random = new Random(11);
    var values = random.doubles(2_000).toArray();
    var sorted =
        new Bootstrap(2_000, 500, 3)
            .distributions(List.of(weights -> Binary.mean(values, weights)))[0];
    double mean = Binary.mean(sorted);
    double variance = 0;
    for (double value : sorted) variance += (value - mean) * (value - mean) / (sorted.length - 1);
    // Uniform values have variance 1/12.
    assertThat(Math.sqrt(variance)).isCloseTo(Math.sqrt(1 / 12.0 / 2_000), within(0.0006));
  }

  @Test
  void equalSeedsGiveEqualIntervals() {
    var statistic = (Statistic) weights -> weights[0] + 2.0 * weights[1];
    assertThat(new Bootstrap(10, 50, 7).intervals(List.of(statistic)))
        .isEqualTo(new Bootstrap(10, 50, 7).intervals(List.of(statistic)));
    assertThat(new Bootstrap(10, 50, 7).distributions(List.of(statistic))[0])
        .isNotEqualTo(new Bootstrap(10, 50, 8).distributions(List.of(statistic))[0]);
  }

  @Test
  void thirtyThousandRowsTakeASecondOrTwoAndAHalf() {
    int rows = 30_000;
    var random = new Random(1);
    var positive = new boolean[rows];
    var scores = new double[rows];
    for (int i = 0; i < rows; i++) {
      positive[i] = random.nextDouble() < 0.2;
      scores[i] = random.nextDouble();
    }
    long start = System.nanoTime();
    new Bootstrap(rows, 300, 1).intervals(List.of(new Ranking(positive, scores)::auc));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(2_500));
  }

  @Test
  void pairedDifferencesOfEqualModelsAreRarelySignificantAndThoseOfABetterOneAre() {
    int significant = 0;
    int better = 0;
    int trials = 200;
    for (int trial = 0; trial < trials; trial++) {
      var random = new Random(1_000 + trial);
      int rows = 300;
      var positive = new boolean[rows];
      var one = new double[rows];
      var other = new double[rows];
      var good = new double[rows];
      for (int i = 0; i < rows; i++) {
        positive[i] = random.nextBoolean();
        double shared = random.nextGaussian() + (positive[i] ? 1 : 0);
        one[i] = probability(shared + random.nextGaussian());
        other[i] = probability(shared + random.nextGaussian());
        good[i] = probability(shared);
      }
      var comparison = new Comparison(new BinaryJudge(positive, 0.5), 200, trial);
      if (comparison.json(new Scores(one), new Scores(other)).path("auc").path("p_value").asDouble()
          < 0.05) significant++;
      if (comparison.json(new Scores(good), new Scores(one)).path("auc").path("p_value").asDouble()
          < 0.05) better++;
    }
    assertThat(significant).isBetween(3, 22);
    assertThat(better).isGreaterThan(150);
  }

  private static double probability(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  @Test
  void aModelAgainstItselfDiffersByNothing() {
    var comparison =
        new Comparison(new BinaryJudge(new boolean[] {true, false, true}, 0.5), 100, 1);
    var auc =
        comparison
            .json(
                new Scores(new double[] {0.9, 0.8, 0.1}), new Scores(new double[] {0.9, 0.8, 0.1}))
            .path("auc");
    assertThat(auc.path("difference").asDouble()).isZero();
    assertThat(auc.path("p_value").asDouble()).isEqualTo(1);
  }
}
