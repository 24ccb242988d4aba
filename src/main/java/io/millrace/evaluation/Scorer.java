package io.millrace.evaluation;

import io.millrace.base.InvalidInput;
import io.millrace.data.Frame;
import io.millrace.models.Field;
import io.millrace.models.Predictor;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks a model about the rows of a table, and finds the probabilities or predictions among what it
 * answers.
 */
final class Scorer {
  private static final double ROUNDING = 1e-6;

  private final Frame frame;
  private final TaskKind task;
  private final @Nullable String output;

  /** The output, where one is named, is where every model's answer is looked for. */
  Scorer(Frame frame, TaskKind task, @Nullable String output) {
    this.frame = frame;
    this.task = task;
    this.output = output;
  }

  /**
   * The answers to all rows, in the order of the frame; for several classes in the model's order of
   * classes.
   */
  Scores scores(Predictor model) {
    var columns = new HashMap<String, Object>();
    for (var name : model.signature().columns())
      columns.put(name, frame.column(name).values(model.dated(name)));
    var field = output(model.signature(), task, output);
    var answers = model.answer(columns).get(field.name());
    if (answers == null) throw new IllegalStateException("no output " + field.name());
    return scores(answers, task);
  }

  private static Scores scores(Tensor answers, TaskKind task) {
    int rows = (int) answers.rows();
    var values = task == TaskKind.REGRESSION ? answers.numbers() : probabilities(answers.numbers());
    int width = rows == 0 ? 1 : values.length / rows;
    return switch (task) {
      case MULTICLASS -> new Scores(transposed(values, rows, width));
      // Exporters of scikit-learn's classifiers give both classes; the second is the positive one.
      case BINARY ->
          new Scores(
              width == 2
                  ? transposed(values, rows, width)[1]
                  : single(answers.name(), values, rows));
      case REGRESSION -> new Scores(single(answers.name(), values, rows));
    };
  }

  /** Puts back what single precision left a hair outside of [0, 1]. */
  private static double[] probabilities(double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (Math.abs(values[i] - 0.5) <= 0.5 + ROUNDING)
        values[i] = Math.min(1, Math.max(0, values[i]));
    }
    return values;
  }

  private static double[] single(String output, double[] values, int rows) {
    if (values.length != rows)
      throw new InvalidInput(
          "output \"%s\" has %d numbers for %d rows, expected one a row"
              .formatted(output, values.length, rows));
    return values;
  }

  private static double[][] transposed(double[] values, int rows, int width) {
    var columns = new double[width][rows];
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < width; c++) columns[c][row] = values[row * width + c];
    }
    return columns;
  }

  /**
   * The output that holds the answer: the one named, else that with the usual name, else the only
   * one that could.
   */
  static Field output(Signature signature, TaskKind task, @Nullable String named) {
    if (named != null) return signature.output(named);
    var usual =
        switch (task) {
          case BINARY -> List.of("probability", "probabilities");
          case MULTICLASS -> List.of("probabilities");
          case REGRESSION -> List.of("prediction");
        };
    for (var name : usual) {
      Optional<Field> field = signature.findOutput(name);
      if (field.isPresent()) return field.get();
    }
    var possible = signature.outputs().stream().filter(field -> field.datatype().hasNaN()).toList();
    if (possible.size() == 1) return possible.getFirst();
    if (possible.isEmpty() && task != TaskKind.REGRESSION)
      throw new InvalidInput(
          "the model gives no probabilities (its outputs: %s), by which classes are judged: name another output with \"output\", or log a model in Python with pyfunc_predict_fn=\"predict_proba\""
              .formatted(String.join(", ", signature.outputNames())));
    throw new InvalidInput(
        "the model has the outputs %s: say which holds the answer with \"output\""
            .formatted(String.join(", ", signature.outputNames())));
  }

  /** Whether the model's answer has one number a row or several, where its signature says. */
  static TaskKind classification(Signature signature, @Nullable String named) {
    var shape =
        output(
                signature,
                signature.findOutput("probability").isPresent()
                    ? TaskKind.BINARY
                    : TaskKind.MULTICLASS,
                named)
            .shape();
    long width = shape.size() < 2 ? 1 : shape.getLast();
    return width > 2 || width == -1 ? TaskKind.MULTICLASS : TaskKind.BINARY;
  }
}
