package io.millrace.training;

import io.millrace.evaluation.TaskKind;
import java.util.stream.IntStream;

/**
 * The mean loss of a linear model on some rows plus an L2 penalty on all weights but the constants.
 * Weights lie output by output: the constant, then those of the encoding.
 */
final class LinearProblem {
  /** Numbers to predict are standardised while weights are sought. */
  record Scale(double mean, double deviation) {}

  private final Target target;
  private final Encoding encoding;
  private final Scale scale;
  private final int rows;
  private final double[] truth;
  private final double[] dense;
  private final int[] places;
  private final int numbers;
  private final int many;
  private final int stride;

  LinearProblem(Target target, Encoding encoding, int[] rows) {
    this.target = target;
    this.encoding = encoding;
    this.rows = rows.length;
    truth = new double[rows.length];
    for (int i = 0; i < rows.length; i++) truth[i] = target.values()[rows[i]];
    scale = target.task() == TaskKind.REGRESSION ? scale(truth) : new Scale(0, 1);
    dense = encoding.dense(rows);
    places = encoding.places(rows);
    numbers = encoding.numbers.size();
    many = numbers + encoding.texts.size();
    stride = 1 + encoding.width();
  }

  /** For answers to rows whose truth nobody knows: all that the encoding holds. */
  static LinearProblem unknown(Target target, Encoding encoding, int rows) {
    var blank = new Target(target.task(), target.label(), target.classes(), new double[rows]);
    return new LinearProblem(blank, encoding, IntStream.range(0, rows).toArray());
  }

  Encoding encoding() {
    return encoding;
  }

  Scale scale() {
    return scale;
  }

  double[] start() {
    return new double[stride * target.width()];
  }

  private static Scale scale(double[] values) {
    double mean = 0;
    for (double value : values) mean += value;
    mean /= values.length;
    double squares = 0;
    for (double value : values) squares += (value - mean) * (value - mean);
    double deviation = Math.sqrt(squares / values.length);
    return new Scale(mean, deviation > 0 ? deviation : 1);
  }

  Lbfgs.Function penalised(double penalty) {
    return (weights, gradient) -> {
      java.util.Arrays.fill(gradient, 0);
      var scores = new double[target.width()];
      double sum = 0;
      for (int row = 0; row < rows; row++) {
        scores(weights, row, scores);
        sum += loss(scores, truth[row]);
        for (int c = 0; c < scores.length; c++) add(gradient, c * stride, row, scores[c] / rows);
      }
      double squares = 0;
      for (int i = 0; i < weights.length; i++) {
        if (i % stride == 0) continue;
        squares += weights[i] * weights[i];
        gradient[i] += penalty * weights[i];
      }
      return sum / rows + penalty / 2 * squares;
    };
  }

  /** A row's loss; the scores are replaced by its derivatives by them. */
  private double loss(double[] scores, double value) {
    return switch (target.task()) {
      case BINARY -> {
        double margin = scores[0];
        scores[0] = sigmoid(margin) - value;
        yield Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))) - value * margin;
      }
      case MULTICLASS -> {
        int right = (int) value;
        double margin = scores[right];
        double log = softmax(scores);
        scores[right] -= 1;
        yield log - margin;
      }
      case REGRESSION -> {
        double error = scores[0] - (value - scale.mean()) / scale.deviation();
        scores[0] = error;
        yield error * error / 2;
      }
    };
  }

  /** The model's answers to the rows, with the scale that its weights were found in. */
  float[][] answers(double[] weights, Scale fitted) {
    var answers = new float[rows][target.width()];
    var scores = new double[target.width()];
    for (int row = 0; row < rows; row++) {
      scores(weights, row, scores);
      switch (target.task()) {
        case BINARY -> scores[0] = sigmoid(scores[0]);
        case MULTICLASS -> softmax(scores);
        case REGRESSION -> scores[0] = scores[0] * fitted.deviation() + fitted.mean();
      }
      for (int c = 0; c < scores.length; c++) answers[row][c] = (float) scores[c];
    }
    return answers;
  }

  private void scores(double[] weights, int row, double[] scores) {
    for (int c = 0; c < scores.length; c++) {
      int at = c * stride;
      double sum = weights[at];
      for (int f = 0; f < numbers; f++) sum += weights[at + 1 + f] * dense[row * numbers + f];
      for (int k = 0; k < many; k++) {
        int place = places[row * many + k];
        if (place >= 0) sum += weights[at + 1 + place];
      }
      scores[c] = sum;
    }
  }

  private void add(double[] gradient, int at, int row, double factor) {
    gradient[at] += factor;
    for (int f = 0; f < numbers; f++) gradient[at + 1 + f] += factor * dense[row * numbers + f];
    for (int k = 0; k < many; k++) {
      int place = places[row * many + k];
      if (place >= 0) gradient[at + 1 + place] += factor;
    }
  }

  private static double sigmoid(double margin) {
    return 1 / (1 + Math.exp(-margin));
  }

  /** Makes probabilities of scores; returns the logarithm of the sum of their exponentials. */
  private static double softmax(double[] scores) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double score : scores) largest = Math.max(largest, score);
    double sum = 0;
    for (int c = 0; c < scores.length; c++) {
      scores[c] = Math.exp(scores[c] - largest);
      sum += scores[c];
    }
    for (int c = 0; c < scores.length; c++) scores[c] /= sum;
    return largest + Math.log(sum);
  }
}
