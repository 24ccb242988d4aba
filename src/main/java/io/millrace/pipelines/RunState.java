package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a pipeline run has come. All but RUNNING are final. */
public enum RunState {
  RUNNING,
  SUCCEEDED,
  FAILED,
  CANCELLED,
  /** The server stopped meanwhile; a new run takes what had finished from the cache. */
  INTERRUPTED;

  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
