package io.millrace.serving;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;

/** A version of a registered model, written NAME/VERSION. */
public record Version(String model, long number) {

  /** Reads NAME/VERSION; an alias or a bare name is refused, since what it means may change. */
  public static Version parse(String text) {
    int slash = text.lastIndexOf('/');
    try {
      long number = slash < 1 ? 0 : Long.parseLong(text.substring(slash + 1));
      if (number > 0) return new Version(text.substring(0, slash), number);
    } catch (NumberFormatException e) {
      // told below
    }
    throw new InvalidInput("model version", text, "NAME/VERSION such as flight-delay/1");
  }

  @JsonValue
  @Override
  public String toString() {
    return model + "/" + number;
  }
}
