package io.millrace.models.explanations;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Shapley values of any function by sampling permutations of its players in antithetic pairs, each
 * with its reverse (Castro et al., "Polynomial calculation of the Shapley value based on sampling",
 * 2009; the pairs: Mitchell et al., "Sampling permutations for Shapley value estimation", JMLR 23,
 * 2022). The players of x take the place of a reference row's one after another, and each gets what
 * the answer changed by then. Every reference row has as many pairs as another, so that the values
 * add up to the answer whatever was drawn; the standard error tells how far they may be from those
 * of all permutations. Equal seeds give equal values.
 */
final class PermutationShap {
  /** Players that have their value from x; the others have the reference row's. */
  record Mix(int reference, boolean[] fromX) {}

  /** The function's answers to rows that are put together so. */
  @FunctionalInterface
  interface Game {
    double[] answers(List<Mix> mixes);
  }

  /** What was found; one number a player each. */
  @SuppressWarnings("ArrayRecordComponent")
  record Values(double[] values, double[] errors, double answer, double base) {}

  private final Game game;
  private final int players;
  private final int references;
  private final int pairs;
  private final SplittableRandom random;

  /**
   * @param pairs of permutations a reference row; at least 2, or there is no standard error
   */
  PermutationShap(Game game, int players, int references, int pairs, long seed) {
    this.game = game;
    this.players = players;
    this.references = references;
    this.pairs = pairs;
    this.random = new SplittableRandom(seed);
  }

  Values values() {
    var all = new boolean[players];
    java.util.Arrays.fill(all, true);
    var ends = new ArrayList<Mix>();
    ends.add(new Mix(0, all));
    for (int r = 0; r < references; r++) ends.add(new Mix(r, new boolean[players]));
    var ended = game.answers(ends);
    var values = new double[players];
    var variances = new double[players];
    double base = 0;
    for (int r = 0; r < references; r++) {
      base += ended[r + 1] / references;
      add(r, ended[0], ended[r + 1], values, variances);
    }
    var errors = new double[players];
    for (int i = 0; i < players; i++) errors[i] = Math.sqrt(variances[i]) / references;
    return new Values(values, errors, ended[0], base);
  }

  /** Adds one reference row's share: the mean of its pairs, and the variance of that mean. */
  private void add(int reference, double full, double none, double[] values, double[] variances) {
    var orders = new ArrayList<int[]>();
    for (int k = 0; k < pairs; k++) {
      var order = permutation();
      orders.add(order);
      orders.add(reversed(order));
    }
    var mixes = new ArrayList<Mix>();
    for (var order : orders) {
      var in = new boolean[players];
      for (int j = 0; j < players - 1; j++) {
        in[order[j]] = true;
        mixes.add(new Mix(reference, in.clone()));
      }
    }
    var answers = game.answers(mixes);
    var means = new double[players];
    var squares = new double[players];
    for (int k = 0; k < pairs; k++) {
      var pair = new double[players];
      for (int way = 0; way < 2; way++) {
        int at = (2 * k + way) * (players - 1);
        double before = none;
        for (int j = 0; j < players; j++) {
          double after = j == players - 1 ? full : answers[at + j];
          pair[orders.get(2 * k + way)[j]] += (after - before) / 2;
          before = after;
        }
      }
      for (int i = 0; i < players; i++) { // Welford
        double delta = pair[i] - means[i];
        means[i] += delta / (k + 1);
        squares[i] += delta * (pair[i] - means[i]);
      }
    }
    for (int i = 0; i < players; i++) {
      values[i] += means[i] / references;
      if (pairs > 1) variances[i] += squares[i] / (pairs - 1) / pairs;
    }
  }

  private int[] permutation() {
    var order = new int[players];
    for (int i = 0; i < players; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static int[] reversed(int[] order) {
    var reversed = new int[order.length];
    for (int i = 0; i < order.length; i++) reversed[i] = order[order.length - 1 - i];
    return reversed;
  }
}
