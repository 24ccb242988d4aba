package io.millrace.models.explanations;

import java.util.Arrays;

/**
 * Exact Shapley values of a sum of trees by the interventional algorithm (Lundberg et al., "From
 * local explanations to global understanding with explainable AI for trees", Nature Machine
 * Intelligence 2, 2020, section "Interventional Tree SHAP"; the game is that of Lundberg and Lee,
 * "A unified approach to interpreting model predictions", NeurIPS 2017).
 *
 * <p>The game of one reference row z: a set of players is worth what the trees answer to the row
 * that has these players' columns from x and the others' from z. A leaf is reached by just those
 * sets that hold a certain a players and miss certain b others: those at whose nodes x and z part,
 * by whose way was taken. To its weight w such a leaf gives each of the a players w (a-1)! b! /
 * (a+b)!, and takes w a! (b-1)! / (a+b)! from each of the b: the share of all orders in which that
 * player is the last to come in before the leaf is reached, or the first to close it. So one walk
 * over each tree, which branches only where x and z part, gives the values exactly. Those against
 * many reference rows are the mean.
 */
final class TreeShap {
  private static final byte FREE = 0;
  private static final byte FROM_X = 1;
  private static final byte FROM_Z = 2;

  private final Trees trees;

  /** The player that has a column of the matrix. */
  private final int[] player;

  private final int target;
  private final byte[] taken;
  private float[] x = {};
  private float[] z = {};
  private double[] values = {};

  TreeShap(Trees trees, int[] player, int players, int target) {
    this.trees = trees;
    this.player = player;
    this.target = target;
    this.taken = new byte[players];
  }

  /** Adds the values of x against z, each times the scale. */
  void add(float[] row, float[] reference, double scale, double[] into) {
    x = row;
    z = reference;
    values = new double[into.length];
    Arrays.fill(taken, FREE);
    for (int root : trees.roots()) walk(root, 0, 0);
    for (int i = 0; i < into.length; i++) into[i] += scale * values[i];
  }

  /**
   * @param ofX how many players were taken from x on the way here
   * @param ofZ how many from z
   */
  private void walk(int at, int ofX, int ofZ) {
    if (at < 0) {
      leaf(~at, ofX, ofZ);
      return;
    }
    int column = trees.feature()[at];
    int who = player[column];
    switch (taken[who]) {
      case FROM_X -> walk(trees.next(at, x[column]), ofX, ofZ);
      case FROM_Z -> walk(trees.next(at, z[column]), ofX, ofZ);
      default -> {
        int byX = trees.next(at, x[column]);
        int byZ = trees.next(at, z[column]);
        if (byX == byZ) {
          walk(byX, ofX, ofZ);
          return;
        }
        taken[who] = FROM_X;
        walk(byX, ofX + 1, ofZ);
        taken[who] = FROM_Z;
        walk(byZ, ofX, ofZ + 1);
        taken[who] = FREE;
      }
    }
  }

  private void leaf(int leaf, int ofX, int ofZ) {
    if (trees.leafTarget()[leaf] != target || ofX + ofZ == 0) return;
    double weight = trees.leafWeight()[leaf];
    double gain = weight * share(ofX, ofZ);
    double loss = weight * share(ofZ, ofX);
    for (int who = 0; who < taken.length; who++) {
      if (taken[who] == FROM_X) values[who] += gain;
      else if (taken[who] == FROM_Z) values[who] -= loss;
    }
  }

  /** (a-1)! b! / (a+b)! */
  private static double share(int a, int b) {
    double share = 1.0 / (a + b);
    for (int i = 1; i < a; i++) share *= (double) i / (b + i);
    return share;
  }
}
