package io.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.data.Column;
import io.millrace.models.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which classes a label has, and in which order a model gives their probabilities. */
final class Classes {
  private static final List<String> TRUTH_VALUES = List.of("0", "1");
  private static final int MOST = 1_000;

  private Classes() {}

  /** As the settings, else the package's lock, else the labels themselves say. */
  static List<String> of(TaskKind task, Request.Settings settings, Predictor model, Column label) {
    var classes = settings.classes().isEmpty() ? said(model.lock()) : settings.classes();
    if (classes.isEmpty()) classes = found(task, label);
    if (task == TaskKind.BINARY && classes.size() != 2) {
      throw new InvalidInput(
          "classes of label \"%s\"".formatted(label.name()),
          String.join(", ", classes),
          "two, the negative one first: give \"classes\"");
    }
    return classes;
  }

  private static List<String> found(TaskKind task, Column label) {
    var found = Labels.classes(label, MOST);
    if (task == TaskKind.BINARY && Set.copyOf(TRUTH_VALUES).containsAll(found)) return TRUTH_VALUES;
    return found;
  }

  /**
   * The classes in a package's lock, in the order of the model's probabilities; empty if it does
   * not say.
   */
  static List<String> said(JsonNode lock) {
    var classes = new ArrayList<String>();
    lock.path("classes").forEach(one -> classes.add(one.asText()));
    return classes;
  }

  /**
   * Answers given in one order of classes, in another; a model that does not say its order has that
   * one.
   */
  static Scores aligned(Scores scores, List<String> given, List<String> wanted) {
    if (given.isEmpty() || given.equals(wanted)) return scores;
    var from = given.stream().map(Labels::numeric).toList();
    var to = wanted.stream().map(Labels::numeric).toList();
    if (from.equals(to)) return scores;
    if (!Set.copyOf(from).equals(Set.copyOf(to))) {
      throw new InvalidInput("its classes", String.join(", ", given), String.join(", ", wanted));
    }
    if (scores.classes() == 1) {
      var flipped = scores.single().clone();
      for (int i = 0; i < flipped.length; i++) flipped[i] = 1 - flipped[i];
      return new Scores(flipped);
    }
    var columns = new double[wanted.size()][];
    for (int c = 0; c < columns.length; c++) columns[c] = scores.byClass()[from.indexOf(to.get(c))];
    return new Scores(columns);
  }
}
