package io.millrace.training;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.data.Column;
import io.millrace.evaluation.TaskKind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads a label: the task by its values where none is said, and its classes. */
final class Targets {
  private static final int MOST_CLASSES = 200;
  private static final int MOST_INFERRED = 20;

  private Targets() {}

  static @Nullable TaskKind task(@Nullable String objective) {
    if (objective == null) return null;
    var words = Arrays.stream(TaskKind.values()).map(TaskKind::word).toList();
    for (var kind : TaskKind.values())
      if (kind.word().equals(objective.toLowerCase(Locale.ROOT))) return kind;
    throw new InvalidInput(
        "objective: got \"%s\", expected one of %s%s"
            .formatted(objective, String.join(", ", words), Names.suggestion(objective, words)));
  }

  static Target of(
      Column label, int[] rows, TrainingRequest.Settings settings, Consumer<String> log) {
    if (ExampleReader.isTime(label.type()))
      throw new InvalidInput(
          "label \"%s\" is a time (%s); derive a number or a class from it in the query"
              .formatted(label.name(), label.type()));
    var said = task(settings.objective());
    return switch (label) {
      case Column.NumberColumn numbers -> numbers(numbers, rows, said, log);
      case Column.TextColumn texts -> texts(texts, rows, said, log);
    };
  }

  private static Target numbers(
      Column.NumberColumn label, int[] rows, @Nullable TaskKind said, Consumer<String> log) {
    var values = new double[rows.length];
    var found = new TreeSet<Double>();
    boolean whole = true;
    for (int i = 0; i < rows.length; i++) {
      values[i] = label.values()[rows[i]] + 0.0;
      if (Double.isInfinite(values[i]))
        throw new InvalidInput(
            "label \"%s\" at row %d".formatted(label.name(), rows[i] + 1),
            values[i],
            "a finite number");
      whole &= values[i] == Math.rint(values[i]);
      if (found.size() <= MOST_CLASSES) found.add(values[i]);
    }
    if (found.size() == 1) throw constant(label.name(), name(found.first()));
    var task = said;
    if (task == null) {
      task =
          found.size() == 2
              ? TaskKind.BINARY
              : whole && found.size() <= MOST_INFERRED ? TaskKind.MULTICLASS : TaskKind.REGRESSION;
      log.accept("objective %s, by the values of \"%s\"".formatted(task.word(), label.name()));
    }
    if (task == TaskKind.REGRESSION) return new Target(task, label.name(), List.of(), values);
    var names = found.stream().map(Targets::name).toList();
    checkClasses(task, label.name(), names);
    var numbers = new HashMap<Double, Integer>();
    for (double value : found) numbers.put(value, numbers.size());
    for (int i = 0; i < values.length; i++) values[i] = numbers.getOrDefault(values[i], 0);
    return new Target(task, label.name(), names, values);
  }

  private static Target texts(
      Column.TextColumn label, int[] rows, @Nullable TaskKind said, Consumer<String> log) {
    var found = new TreeSet<String>();
    for (int row : rows)
      if (found.size() <= MOST_CLASSES) found.add(String.valueOf(label.values()[row]));
    if (found.size() == 1) throw constant(label.name(), found.first());
    var task = said;
    if (task == null) {
      task = found.size() == 2 ? TaskKind.BINARY : TaskKind.MULTICLASS;
      log.accept("objective %s, by the values of \"%s\"".formatted(task.word(), label.name()));
    }
    if (task == TaskKind.REGRESSION)
      throw new InvalidInput(
          "label \"%s\" holds text (%s), regression needs numbers; cast it in the query or say objective: multiclass"
              .formatted(label.name(), label.type()));
    checkClasses(task, label.name(), List.copyOf(found));
    var numbers = new HashMap<String, Integer>();
    for (var value : found) numbers.put(value, numbers.size());
    var values = new double[rows.length];
    for (int i = 0; i < rows.length; i++)
      values[i] = numbers.getOrDefault(String.valueOf(label.values()[rows[i]]), 0);
    return new Target(task, label.name(), List.copyOf(found), values);
  }

  private static void checkClasses(TaskKind task, String label, List<String> classes) {
    if (task == TaskKind.BINARY && classes.size() != 2) {
      throw new InvalidInput(
          "label \"%s\" has %s values (%s), a binary objective needs two; say objective: multiclass or regression"
              .formatted(
                  label,
                  classes.size() > MOST_CLASSES ? "over " + MOST_CLASSES : classes.size(),
                  some(classes)));
    }
    if (classes.size() > MOST_CLASSES)
      throw new InvalidInput(
          "label \"%s\" has more than %d classes (%s); group them in the query, or say objective: regression where it is a number"
              .formatted(label, MOST_CLASSES, some(classes)));
  }

  private static String some(List<String> classes) {
    return String.join(
        ", ",
        Stream.concat(
                classes.stream().limit(5), classes.size() > 5 ? Stream.of("...") : Stream.of())
            .toList());
  }

  private static InvalidInput constant(String label, String value) {
    return new InvalidInput(
        "label \"%s\" is %s in every row: there is nothing to learn; check the query and the split"
            .formatted(label, value));
  }

  /** As evaluation writes classes of numbers: whole ones without fraction. */
  private static String name(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
