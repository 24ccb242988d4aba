package io.millrace.training;

import io.millrace.evaluation.TaskKind;
import java.util.List;

/**
 * What is to be predicted.
 *
 * @param classes of the label in the order of the model's answers; of two, the second is the
 *     positive one; none for numbers
 * @param values for each row the number of its class, or the number itself
 */
record Target(TaskKind task, String label, List<String> classes, double[] values) {
  Target {
    classes = List.copyOf(classes);
  }

  /** How many numbers a model gives for one row. */
  int width() {
    return switch (task) {
      case BINARY, REGRESSION -> 1;
      case MULTICLASS -> classes.size();
    };
  }
}
