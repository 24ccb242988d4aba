package io.millrace.registry;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;

/**
 * The name of a registered model, by MLflow's rule: anything but '/' and ':'. At most 256
 * characters, no control character, not blank, and not "." or "..", which no URL can name.
 */
public record ModelName(@JsonValue String value) implements Comparable<ModelName> {
  private static final int LONGEST = 256;

  public ModelName {
    boolean plain =
        value
            .codePoints()
            .noneMatch(c ->
                c == '/'
                    || c == ':'
                    || Character.isISOControl(c)
                    || Character.getType(c) == Character.SURROGATE);
    if (value.isBlank()
        || value.length() > LONGEST
        || !plain
        || value.equals(".")
        || value.equals("..")) {
      throw new InvalidInput(
          "model name",
          value,
          "1-256 characters, any but / and : and control characters, such as flight-delay");
    }
  }

  @Override
  public int compareTo(ModelName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
