package io.millrace.metadata;

import com.fasterxml.jackson.annotation.JsonValue;

/** The id of a context. */
public record ContextId(@JsonValue long value) {
  @Override
  public String toString() {
    return Long.toString(value);
  }
}
