package io.millrace.experiments;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One condition of a search: field, operator, value.
 *
 * @param position of the field in the text, from 1
 */
public record Comparison(Field field, Operator operator, Value value, int position) {

  /** What is compared, as it was written: {@code metrics.auc} has type metrics and key auc. */
  public record Field(@Nullable String type, String key) {
    @Override
    public String toString() {
      return type == null ? key : type + "." + key;
    }
  }

  public enum Operator {
    EQUAL("="),
    UNEQUAL("!="),
    GREATER(">"),
    GREATER_OR_EQUAL(">="),
    LESS("<"),
    LESS_OR_EQUAL("<="),
    LIKE("LIKE"),
    ILIKE("ILIKE"),
    IN("IN"),
    NOT_IN("NOT IN"),
    IS_NULL("IS NULL"),
    IS_NOT_NULL("IS NOT NULL");

    private final String text;

    Operator(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    public boolean isOrder() {
      return this == GREATER || this == GREATER_OR_EQUAL || this == LESS || this == LESS_OR_EQUAL;
    }
  }

  /** What it is compared with. */
  public sealed interface Value {
    record Text(String text) implements Value {}

    /**
     * @param written as it stood in the filter
     */
    record Numeric(double number, String written) implements Value {}

    record Texts(List<String> texts) implements Value {}

    record None() implements Value {}
  }
}
