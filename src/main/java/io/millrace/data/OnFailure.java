package io.millrace.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What rows that break a rule lead to. */
public enum OnFailure {
  /** The step fails. */
  STOP,
  /** The step goes on and says so. */
  WARN,
  /** The rows are set aside, the step goes on with the others. */
  QUARANTINE;

  static final List<String> WORDS = Arrays.stream(values()).map(OnFailure::word).toList();

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
