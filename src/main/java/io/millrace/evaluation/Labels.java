package io.millrace.evaluation;

import io.millrace.base.InvalidInput;
import io.millrace.data.Column;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what turned out from a column of labels. */
final class Labels {
  static final int MISSING = -1;
  static final int UNKNOWN = -2;

  private Labels() {}

  /** The label's name at a row, or null where it is missing: whole numbers without fraction. */
  static @Nullable String text(Column column, int row) {
    return switch (column) {
      case Column.NumberColumn numbers ->
          Double.isNaN(numbers.values()[row]) ? null : name(numbers.values()[row]);
      case Column.TextColumn texts -> texts.values()[row];
    };
  }

  private static String name(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static int rows(Column column) {
    return switch (column) {
      case Column.NumberColumn numbers -> numbers.values().length;
      case Column.TextColumn texts -> texts.values().length;
    };
  }

  /** The classes that occur, numbers in their order, texts in that of their characters. */
  static List<String> classes(Column column, int most) {
    return switch (column) {
      case Column.NumberColumn numbers -> {
        var found = new TreeSet<Double>();
        for (double value : numbers.values())
          if (!Double.isNaN(value) && found.size() <= most) found.add(value + 0.0);
        yield found.stream().map(Labels::name).toList();
      }
      case Column.TextColumn texts -> {
        var found = new TreeSet<String>();
        for (var text : texts.values()) if (text != null && found.size() <= most) found.add(text);
        yield List.copyOf(found);
      }
    };
  }

  /** The number of each row's class, {@link #MISSING} or {@link #UNKNOWN}. */
  static int[] numbers(Column column, List<String> classes) {
    boolean numeric = column instanceof Column.NumberColumn;
    var numbers = new HashMap<String, Integer>();
    for (int i = 0; i < classes.size(); i++)
      numbers.putIfAbsent(numeric ? numeric(classes.get(i)) : classes.get(i), i);
    var result = new int[rows(column)];
    for (int row = 0; row < result.length; row++) {
      var text = text(column, row);
      result[row] = text == null ? MISSING : numbers.getOrDefault(text, UNKNOWN);
    }
    return result;
  }

  /** A class of a column of numbers or truth values, which may be written true, 1 or 1.0. */
  static String numeric(String name) {
    if (name.equals("true")) return "1";
    if (name.equals("false")) return "0";
    try {
      return name(Double.parseDouble(name));
    } catch (NumberFormatException e) {
      return name;
    }
  }

  /**
   * The rows as truth values: whether they are of the second class. Refuses other classes, naming
   * the row.
   */
  static boolean[] positive(Column column, List<String> classes, int[] rows) {
    var numbers = numbers(column, classes);
    var positive = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      if (numbers[rows[i]] == UNKNOWN) {
        throw new InvalidInput(
            "label \"%s\" at row %d".formatted(column.name(), rows[i] + 1),
            String.valueOf(text(column, rows[i])),
            "one of the model's classes: " + String.join(", ", classes));
      }
      positive[i] = numbers[rows[i]] == 1;
    }
    return positive;
  }

  /** The rows as numbers. */
  static double[] values(Column column, int[] rows) {
    return switch (column) {
      case Column.NumberColumn numbers -> {
        var values = new double[rows.length];
        for (int i = 0; i < rows.length; i++) values[i] = numbers.values()[rows[i]];
        yield values;
      }
      case Column.TextColumn texts ->
          throw new InvalidInput(
              "label \"%s\"".formatted(texts.name()),
              texts.type(),
              "a column of numbers; for classes use evaluate/classification");
    };
  }

  /** The rows whose label is known, in order. */
  static int[] known(Column column) {
    int count = 0;
    var rows = new int[rows(column)];
    for (int row = 0; row < rows.length; row++) if (text(column, row) != null) rows[count++] = row;
    return Arrays.copyOf(rows, count);
  }
}
