package io.millrace.definitions;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What apply does, or would do, to one thing. */
public record Change(String kind, String name, Action action, String detail) {
  public enum Action {
    CREATE,
    UPDATE,
    UNCHANGED,
    DELETE;

    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
