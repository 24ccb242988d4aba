package io.millrace.serving.streams;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;
import java.util.regex.Pattern;

/** The name of a stream. */
public record StreamName(@JsonValue String value) {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public StreamName {
    if (!SHAPE.matcher(value).matches())
      throw new InvalidInput(
          "stream name", value, "1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
  }

  /** The consumer group whose offsets say how far the stream has come. */
  public String group() {
    return "millrace-" + value;
  }

  @Override
  public String toString() {
    return value;
  }
}
