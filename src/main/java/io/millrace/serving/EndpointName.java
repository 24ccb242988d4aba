package io.millrace.serving;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;
import java.util.regex.Pattern;

/** The name of an endpoint, which is also the model's name in the Open Inference Protocol. */
public record EndpointName(@JsonValue String value) implements Comparable<EndpointName> {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public EndpointName {
    if (!SHAPE.matcher(value).matches()) {
      throw new InvalidInput(
          "endpoint name", value, "1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
    }
  }

  @Override
  public int compareTo(EndpointName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
