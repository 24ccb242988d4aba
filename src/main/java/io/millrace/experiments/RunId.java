package io.millrace.experiments;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;
import java.util.regex.Pattern;

/** The id of a run: 32 lower-case hexadecimal digits. */
public record RunId(@JsonValue String value) {
  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{32}");

  public RunId {
    if (!SHAPE.matcher(value).matches())
      throw new InvalidInput("run id", value, "32 lower-case hexadecimal digits");
  }

  @Override
  public String toString() {
    return value;
  }
}
