package io.millrace.metadata;

import com.fasterxml.jackson.annotation.JsonValue;

/** The id of an artifact. */
public record ArtifactId(@JsonValue long value) {
  @Override
  public String toString() {
    return Long.toString(value);
  }
}
