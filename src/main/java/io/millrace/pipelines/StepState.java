package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;
import java.util.Arrays;
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

  /** The state of that text; InvalidInput if there is none. */
  public static StepState named(String text) {
    for (var state : values()) if (state.text().equals(text)) return state;
    throw new InvalidInput(
        "state",
        text,
        "one of " + String.join(", ", Arrays.stream(values()).map(StepState::text).toList()));
  }

  boolean isFinal() {
    return this != WAITING && this != RUNNING;
  }

  /** Whether steps that need it can go on. */
  boolean isDone() {
    return this == RAN || this == CACHED;
  }
}
