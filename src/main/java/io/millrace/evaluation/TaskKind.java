package io.millrace.evaluation;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** What a model answers. */
public enum TaskKind {
  /** The probability that a yes-or-no question is answered yes. */
  BINARY,
  /** The probability of each of several classes. */
  MULTICLASS,
  /** A number. */
  REGRESSION;

  /** Reads what a package's lock says, such as binary or reg:squarederror. */
  static Optional<TaskKind> parse(String text) {
    var lower = text.toLowerCase(Locale.ROOT);
    if (lower.startsWith("binary")) return Optional.of(BINARY);
    if (lower.startsWith("multi")) return Optional.of(MULTICLASS);
    if (lower.startsWith("reg")) return Optional.of(REGRESSION);
    return Optional.empty();
  }

  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
