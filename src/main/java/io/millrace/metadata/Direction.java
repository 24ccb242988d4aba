package io.millrace.metadata;

import io.millrace.base.InvalidInput;
import java.util.Locale;

/** Which way lineage is followed. */
public enum Direction {
  /** To what it was made from. */
  UP,
  /** To what was made from it. */
  DOWN,
  BOTH;

  public static Direction parse(String text) {
    for (var direction : values()) {
      if (direction.name().toLowerCase(Locale.ROOT).equals(text)) return direction;
    }
    throw new InvalidInput("direction", text, "up, down or both");
  }
}
