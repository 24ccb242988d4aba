package io.millrace.models.explanations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Values that were drawn, against exact ones. */
class PermutationShapTest {
  private static final long SEED = Long.getLong("seed", 20_260_402L);

  private final SplittableRandom random = new SplittableRandom(SEED);

  private double[] row(int length) {
    return random.doubles(length, -1, 1).toArray();
  }

  private static PermutationShap.Values values(
      ToDoubleFunction<double[]> function,
      double[] x,
      double[][] references,
      int pairs,
      long seed) {
    PermutationShap.Game game =
        mixes ->
            mixes.stream()
                .mapToDouble(mix -> {
                  var row = references[mix.reference()].clone();
                  for (int i = 0; i < row.length; i++) if (mix.fromX()[i]) row[i] = x[i];
                  return function.applyAsDouble(row);
                })
                .toArray();
    return new PermutationShap(game, x.length, references.length, pairs, seed).values();
  }

  @Test
  void ofALinearFunctionAreExactWithinTheirInterval() {
    var weights = row(8);
    var x = row(8);
    var references = new double[][] {row(8), row(8), row(8)};
    ToDoubleFunction<double[]> linear =
        row -> {
          double sum = 3;
          for (int i = 0; i < row.length; i++) sum += weights[i] * row[i];
          return sum;
        };
    var found = values(linear, x, references, 5, SEED);
    for (int i = 0; i < 8; i++) {
      int at = i;
      double mean = Arrays.stream(references).mapToDouble(z -> z[at]).average().orElseThrow();
      assertThat(found.values()[i])
          .as("seed %d, player %d", SEED, i)
          .isCloseTo(weights[i] * (x[i] - mean), within(1e-12 + 4 * found.errors()[i]));
      assertThat(found.errors()[i]).isLessThan(1e-12);
    }
  }

  @Test
  void ofAFunctionWhoseInputsInteractAreWithinTheirIntervalAndAddUp() {
    ToDoubleFunction<double[]> product =
        row -> row[0] * row[1] * row[2] + Math.sin(row[3] * row[0]);
    int outside = 0;
    for (int round = 0; round < 50; round++) {
      var x = row(4);
      var references = new double[][] {row(4), row(4)};
      var exact = exact(product, x, references);
      var found = values(product, x, references, 20, random.nextLong());
      double sum = found.base();
      for (int i = 0; i < 4; i++) {
        sum += found.values()[i];
        if (Math.abs(found.values()[i] - exact[i]) > 4 * found.errors()[i] + 1e-12) outside++;
      }
      assertThat(sum).as("seed %d", SEED).isCloseTo(found.answer(), within(1e-12));
    }
    assertThat(outside).as("of 200 values beyond 4 standard errors, seed %d", SEED).isLessThan(5);
  }

  private static double[] exact(
      ToDoubleFunction<double[]> function, double[] x, double[][] references) {
    int n = x.length;
    var factorial = new double[] {1, 1, 2, 6, 24};
    var values = new double[n];
    for (var z : references)
      for (int i = 0; i < n; i++)
        for (int set = 0; set < 1 << n; set++) {
          if ((set >> i & 1) == 1) continue;
          var without = z.clone();
          for (int j = 0; j < n; j++) if ((set >> j & 1) == 1) without[j] = x[j];
          var with = without.clone();
          with[i] = x[i];
          int size = Integer.bitCount(set);
          values[i] +=
              factorial[size]
                  * factorial[n - size - 1]
                  / factorial[n]
                  * (function.applyAsDouble(with) - function.applyAsDouble(without))
                  / references.length;
        }
    return values;
  }

  @Test
  void ofEqualSeedsAreEqual() {
    var x = row(4);
    var references = new double[][] {row(4)};
    ToDoubleFunction<double[]> product = row -> row[0] * row[1] * row[2] * row[3];
    assertThat(values(product, x, references, 3, 7).values())
        .isEqualTo(values(product, x, references, 3, 7).values())
        .isNotEqualTo(values(product, x, references, 3, 8).values());
  }

  @Test
  void ofOneInputAreTheWholeDifference() {
    var found = values(row -> row[0] * row[0], new double[] {3}, new double[][] {{1}}, 2, SEED);
    assertThat(found.values()).containsExactly(8);
    assertThat(found.errors()).containsExactly(0);
  }
}
