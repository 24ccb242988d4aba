package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a step of a run has come. All but WAITING and RUNNING are final. */
public enum StepState {
  WAITING,
  RUNNING,
  /** Its work was done, or its effects were. */
  RAN,
  /** An earlier step of the same key had done it. */
  CACHED,
  /** Its condition was false, or a step it needs did not finish. */
  SKIPPED,
  FAILED,
  CANCELLED,
  INTERRUPTED;

  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isFinal() {
    return this != WAITING && this != RUNNING;
  }

  /** Whether steps that need it can go on. */
  boolean isDone() {
    return this == RAN || this == CACHED;
  }
}
