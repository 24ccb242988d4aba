package io.millrace.serving;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;

/** The name of an endpoint, which is also the model's name in the Open Inference Protocol. */
public record EndpointName(@JsonValue String value) implements Comparable<EndpointName> {
  private static final int LONGEST = 128;

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public EndpointName {
    if (!isName(value)) {
      throw new InvalidInput(
          "endpoint name", value, "1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
    }
  }

  /** By hand: every request for a prediction comes through here. */
  private static boolean isName(String text) {
    if (text.isEmpty() || text.length() > LONGEST) return false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!plain && (i == 0 || (c != '.' && c != '_' && c != '-'))) return false;
    }
    return true;
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
