package io.millrace.registry;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;

/** A version of a registered model, written NAME/NUMBER; numbers count from 1. */
public record VersionId(ModelName model, long number) {
  public VersionId {
    if (number < 1)
      throw new InvalidInput(
          "version of model \"%s\"".formatted(model), number, "a number from 1 on");
  }

  /** Reads NAME/NUMBER. */
  public static VersionId parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0)
      throw new InvalidInput("model version", text, "NAME/VERSION, such as flight-delay/1");
    return of(new ModelName(text.substring(0, slash)), text.substring(slash + 1));
  }

  static VersionId of(ModelName model, String number) {
    try {
      return new VersionId(model, Long.parseLong(number));
    } catch (NumberFormatException e) {
      throw new InvalidInput(
          "version of model \"%s\"".formatted(model),
          number,
          "a number from 1 on, such as %s/1".formatted(model));
    }
  }

  @Override
  @JsonValue
  public String toString() {
    return model + "/" + number;
  }
}
