package io.millrace.training;

import io.millrace.models.DataType;
import io.millrace.models.Field;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A column that a model learns from and later takes as an input. */
sealed interface Feature {
  String name();

  /** The values as a table of models' rooms holds them: double[] or String[]. */
  Object column();

  default Field field() {
    return Field.column(name(), this instanceof Numeric ? DataType.FP32 : DataType.BYTES, true);
  }

  /** Numbers, and truth values as 1 and 0; NaN where there is none. */
  record Numeric(String name, double[] values) implements Feature {
    @Override
    public Object column() {
      return values;
    }
  }

  /**
   * Text, taken as categories.
   *
   * @param levels the values that are told apart, sorted; every other one counts as missing
   */
  record Categorical(String name, @Nullable String[] values, List<String> levels)
      implements Feature {
    public Categorical {
      levels = List.copyOf(levels);
    }

    @Override
    public Object column() {
      return values;
    }
  }
}
