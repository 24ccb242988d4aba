package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a pipeline run has come. All but QUEUED, RUNNING and PAUSED are final until resumed. */
public enum RunState {
  /** Waits for others of its concurrency group to end. */
  QUEUED,
  RUNNING,
  /** No new step starts until it is resumed. */
  PAUSED,
  SUCCEEDED,
  FAILED,
  CANCELLED,
  /** The server stopped while it ran, before runs went on by themselves. */
  INTERRUPTED;

  /** Whether it has ended. */
  public boolean isFinal() {
    return switch (this) {
      case QUEUED, RUNNING, PAUSED -> false;
      case SUCCEEDED, FAILED, CANCELLED, INTERRUPTED -> true;
    };
  }

  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
