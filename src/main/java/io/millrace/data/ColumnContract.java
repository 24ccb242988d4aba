package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a column must be.
 *
 * @param type text, integer, number, boolean, date or timestamp
 * @param min the least value allowed, as text; for numbers and times
 * @param max the largest value allowed
 * @param values the values allowed; empty means any
 */
public record ColumnContract(
    String name,
    String type,
    boolean nullable,
    @Nullable String min,
    @Nullable String max,
    List<String> values,
    boolean unique) {
  public static final List<String> TYPES =
      List.of("text", "integer", "number", "boolean", "date", "timestamp");

  public ColumnContract {
    values = List.copyOf(values);
    ValueKind.named(name, type);
    for (var bound : new @Nullable String[] {min, max}) {
      if (bound == null) continue;
      if (type.equals("text") || type.equals("boolean")) {
        throw new InvalidInput(
            "column \"%s\" is of type %s, which has no min and max; use values, or a rule"
                .formatted(name, type));
      }
      check(name, type, bound);
    }
    for (var value : values) check(name, type, value);
  }

  private static void check(String column, String type, String value) {
    var shape =
        switch (type) {
          case "integer" -> "[+-]?[0-9]{1,18}";
          case "number" -> "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?";
          case "boolean" -> "true|false";
          case "date" -> "[0-9]{4}-[0-9]{2}-[0-9]{2}";
          case "timestamp" -> "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]{5,18}(Z|[+-][0-9:]{2,5})?)?";
          default -> "(?s).*";
        };
    if (!value.matches(shape))
      throw new InvalidInput(
          "a bound or value of column \"%s\"".formatted(column),
          value,
          ValueKind.named(column, type).expected());
  }

  /** The contract's word for a type of DuckDB; text for what has none. */
  static String word(String type) {
    var upper = type.toUpperCase(Locale.ROOT);
    return switch (Frame.Kind.of(type)) {
      case NUMBER -> upper.endsWith("INT") || upper.endsWith("INTEGER") ? "integer" : "number";
      case BOOLEAN -> "boolean";
      case TIME -> upper.equals("DATE") ? "date" : "timestamp";
      case TEXT, OTHER -> "text";
    };
  }

  /** Whether a column of this type of DuckDB is of the contract's type. */
  boolean accepts(String duckType) {
    var word = word(duckType);
    if (Frame.Kind.of(duckType) == Frame.Kind.OTHER) return false;
    return word.equals(type) || type.equals("number") && word.equals("integer");
  }

  /** SQL of a value of this column's type. */
  String literal(String value) {
    var sqlType =
        switch (type) {
          case "integer" -> "bigint";
          case "number" -> "double";
          case "boolean" -> "boolean";
          case "date" -> "date";
          case "timestamp" -> "timestamptz";
          default -> "varchar";
        };
    return "cast(%s as %s)".formatted(Sql.text(value), sqlType);
  }
}
