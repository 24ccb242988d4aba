package io.millrace.models.explanations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The values of the walk over trees against those of the definition, over all sets of players. */
class TreeShapTest {
  private static final long SEED = Long.getLong("seed", 20_260_401L);
  private static final int FEATURES = 6;

  /** Trees of all conditions over few values, so that ways part and meet again. */
  private static final class Wood {
    final List<Integer> feature = new ArrayList<>();
    final List<Float> split = new ArrayList<>();
    final List<Byte> mode = new ArrayList<>();
    final List<int[]> children = new ArrayList<>();
    final List<Boolean> missing = new ArrayList<>();
    final List<float[]> members = new ArrayList<>();
    final List<Integer> targets = new ArrayList<>();
    final List<Float> weights = new ArrayList<>();
    final SplittableRandom random;
    final int targetCount;

    Wood(SplittableRandom random, int targetCount) {
      this.random = random;
      this.targetCount = targetCount;
    }

    int grow(int depth) {
      if (depth == 0 || random.nextInt(6) == 0) {
        weights.add((float) random.nextGaussian());
        targets.add(random.nextInt(targetCount));
        return ~(weights.size() - 1);
      }
      int node = feature.size();
      feature.add(random.nextInt(FEATURES));
      split.add((float) random.nextInt(4));
      byte condition = (byte) random.nextInt(Trees.MEMBER + 1);
      mode.add(condition);
      missing.add(random.nextBoolean());
      members.add(new float[] {random.nextInt(4), random.nextInt(4)});
      children.add(new int[2]);
      children.get(node)[0] = grow(depth - 1);
      children.get(node)[1] = grow(depth - 1);
      return node;
    }

    Trees trees(int count) {
      var roots = new int[count];
      for (int i = 0; i < count; i++) {
        int root = -1;
        while (root < 0) root = grow(5);
        roots[i] = root;
      }
      int nodes = feature.size();
      var splits = new float[nodes];
      var modes = new byte[nodes];
      var missingYes = new boolean[nodes];
      for (int i = 0; i < nodes; i++) {
        splits[i] = split.get(i);
        modes[i] = mode.get(i);
        missingYes[i] = missing.get(i);
      }
      var leafs = new float[weights.size()];
      for (int i = 0; i < leafs.length; i++) leafs[i] = weights.get(i);
      return new Trees(
          ints(feature),
          splits,
          modes,
          children.stream().mapToInt(c -> c[0]).toArray(),
          children.stream().mapToInt(c -> c[1]).toArray(),
          missingYes,
          members.toArray(float[][]::new),
          roots,
          ints(targets),
          leafs,
          targetCount);
    }

    static int[] ints(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }

    float[] row() {
      var row = new float[FEATURES];
      for (int i = 0; i < FEATURES; i++)
        row[i] = random.nextInt(5) == 0 ? Float.NaN : random.nextInt(4);
      return row;
    }
  }

  /** sum over sets S without i of |S|! (n-|S|-1)! / n! (v(S with i) - v(S)). */
  private static double[] byDefinition(
      Trees trees, int[] player, int players, float[] x, float[] z, int target) {
    var worth = new double[1 << players];
    for (int set = 0; set < worth.length; set++) {
      var row = z.clone();
      for (int c = 0; c < row.length; c++) if ((set >> player[c] & 1) == 1) row[c] = x[c];
      worth[set] = trees.sum(row, target);
    }
    var factorial = new double[players + 1];
    factorial[0] = 1;
    for (int i = 1; i <= players; i++) factorial[i] = factorial[i - 1] * i;
    var values = new double[players];
    for (int i = 0; i < players; i++)
      for (int set = 0; set < worth.length; set++) {
        if ((set >> i & 1) == 1) continue;
        int size = Integer.bitCount(set);
        values[i] +=
            factorial[size]
                * factorial[players - size - 1]
                / factorial[players]
                * (worth[set | 1 << i] - worth[set]);
      }
    return values;
  }

  @Test
  void areThoseOfTheDefinition() {
    var seeds = new SplittableRandom(SEED);
    for (int round = 0; round < 300; round++) {
      long seed = seeds.nextLong();
      var random = new SplittableRandom(seed);
      int targets = 1 + random.nextInt(3);
      var wood = new Wood(random, targets);
      var trees = wood.trees(1 + random.nextInt(4));
      // Some players have several columns.
      int players = 1 + random.nextInt(FEATURES);
      var player = new int[FEATURES];
      for (int c = 0; c < FEATURES; c++) player[c] = c < players ? c : random.nextInt(players);
      var x = wood.row();
      var z = wood.row();
      for (int target = 0; target < targets; target++) {
        var expected = byDefinition(trees, player, players, x, z, target);
        var values = new double[players];
        new TreeShap(trees, player, players, target).add(x, z, 1, values);
        for (int i = 0; i < players; i++)
          assertThat(values[i])
              .as("seed %d, target %d, player %d", seed, target, i)
              .isCloseTo(expected[i], within(1e-12));
      }
    }
  }

  @Test
  void ofManyReferenceRowsAreTheMeanAndAddUp() {
    var wood = new Wood(new SplittableRandom(SEED), 1);
    var trees = wood.trees(50);
    var player = new int[] {0, 1, 2, 3, 4, 5};
    var x = wood.row();
    var values = new double[FEATURES];
    double base = 0;
    var shap = new TreeShap(trees, player, FEATURES, 0);
    for (int r = 0; r < 20; r++) {
      var z = wood.row();
      base += trees.sum(z, 0) / 20;
      shap.add(x, z, 1.0 / 20, values);
    }
    double sum = base;
    for (double value : values) sum += value;
    assertThat(sum).as("seed %d", SEED).isCloseTo(trees.sum(x, 0), within(1e-12));
  }
}
