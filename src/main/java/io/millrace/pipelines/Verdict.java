package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What the next run would do with a step, as far as that can be known before. */
public enum Verdict {
  /** Its key is known and nothing lies under it. */
  MUST_RUN,
  /**
   * It waits for what is known only when others have run: it runs unless they give what they gave.
   */
  CONDITIONAL,
  /** Something changed, and the result for it is in the cache. */
  RESTORED,
  /** Nothing that it reads changed since the last run. */
  UNAFFECTED,
  /** Its condition is false, or it needs a step that is skipped. */
  SKIPPED,
  /** Nobody can tell; it is to be treated as one that runs. */
  UNKNOWN;

  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it runs, or may. */
  boolean mayRun() {
    return this == MUST_RUN || this == CONDITIONAL || this == UNKNOWN;
  }
}
