package io.millrace.training;

import java.util.ArrayDeque;
import java.util.ArrayList;

/**
 * Limited-memory BFGS for smooth convex functions (Nocedal and Wright, Numerical Optimization, 2nd
 * ed., algorithm 7.5), with backtracking until the Armijo condition holds. Single-threaded: equal
 * inputs give equal results to the last bit.
 */
final class Lbfgs {
  private static final int MEMORY = 10;
  private static final double ENOUGH = 1e-4;
  private static final int MOST_HALVINGS = 40;

  /** A function and its gradient. */
  interface Function {
    /** Returns the value at a point and writes the gradient there. */
    double at(double[] point, double[] gradient);
  }

  private record Pair(double[] step, double[] change, double curvature) {}

  private Lbfgs() {}

  /**
   * Goes down from a start until the gradient is small, the value stands still, or the rounds are
   * used up.
   */
  static double[] minimum(Function function, double[] start, int rounds) {
    var x = start.clone();
    var gradient = new double[x.length];
    double value = function.at(x, gradient);
    var pairs = new ArrayDeque<Pair>();
    for (int round = 0; round < rounds && largest(gradient) > 1e-7; round++) {
      var direction = direction(gradient, pairs);
      double slope = dot(gradient, direction);
      if (!(slope < 0)) {
        pairs.clear();
        for (int i = 0; i < x.length; i++) direction[i] = -gradient[i];
        slope = dot(gradient, direction);
      }
      double length = pairs.isEmpty() ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
      var next = new double[x.length];
      var nextGradient = new double[x.length];
      double nextValue = Double.NaN;
      int halvings = 0;
      for (; halvings < MOST_HALVINGS; halvings++) {
        for (int i = 0; i < x.length; i++) next[i] = x[i] + length * direction[i];
        nextValue = function.at(next, nextGradient);
        if (nextValue <= value + ENOUGH * length * slope) break;
        length /= 2;
      }
      if (halvings == MOST_HALVINGS) break;
      remember(pairs, x, next, gradient, nextGradient);
      boolean still = value - nextValue <= 1e-10 * Math.max(1, Math.abs(value));
      x = next;
      gradient = nextGradient;
      value = nextValue;
      if (still) break;
    }
    return x;
  }

  private static void remember(
      ArrayDeque<Pair> pairs, double[] x, double[] next, double[] gradient, double[] nextGradient) {
    var step = new double[x.length];
    var change = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      step[i] = next[i] - x[i];
      change[i] = nextGradient[i] - gradient[i];
    }
    double curvature = dot(step, change);
    if (curvature <= 1e-14 * dot(change, change)) return;
    if (pairs.size() == MEMORY) pairs.removeFirst();
    pairs.addLast(new Pair(step, change, curvature));
  }

  /** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
  private static double[] direction(double[] gradient, ArrayDeque<Pair> pairs) {
    var q = gradient.clone();
    var weights = new ArrayList<Double>();
    var newestFirst = pairs.descendingIterator();
    while (newestFirst.hasNext()) {
      var pair = newestFirst.next();
      double weight = dot(pair.step(), q) / pair.curvature();
      weights.addFirst(weight);
      add(q, -weight, pair.change());
    }
    if (!pairs.isEmpty()) {
      var last = pairs.getLast();
      double scale = last.curvature() / dot(last.change(), last.change());
      for (int i = 0; i < q.length; i++) q[i] *= scale;
    }
    int at = 0;
    for (var pair : pairs) {
      double other = dot(pair.change(), q) / pair.curvature();
      add(q, weights.get(at++) - other, pair.step());
    }
    for (int i = 0; i < q.length; i++) q[i] = -q[i];
    return q;
  }

  private static void add(double[] to, double factor, double[] what) {
    for (int i = 0; i < to.length; i++) to[i] += factor * what[i];
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) largest = Math.max(largest, Math.abs(value));
    return largest;
  }
}
