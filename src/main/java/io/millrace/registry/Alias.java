package io.millrace.registry;

import com.fasterxml.jackson.annotation.JsonValue;
import io.millrace.base.InvalidInput;
import java.util.Locale;
import java.util.regex.Pattern;

/** A movable name for one version of a model, written NAME@ALIAS. */
public record Alias(@JsonValue String value) implements Comparable<Alias> {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_.-]{1,255}");
  private static final Pattern LIKE_A_VERSION = Pattern.compile("v?[0-9]+");

  /** The version that the last deploy or promotion put in service. */
  public static final Alias CHAMPION = new Alias("champion");

  public Alias {
    var lower = value.toLowerCase(Locale.ROOT);
    if (!SHAPE.matcher(value).matches()
        || LIKE_A_VERSION.matcher(lower).matches()
        || lower.equals("latest")
        || lower.equals(".")
        || lower.equals("..")) {
      throw new InvalidInput(
          "alias",
          value,
          "1-255 of A-Z a-z 0-9 _ . -, not \"latest\" and nothing like a version number");
    }
  }

  @Override
  public int compareTo(Alias other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
