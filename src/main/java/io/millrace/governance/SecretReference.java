package io.millrace.governance;

import io.millrace.base.InvalidInput;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names a secret as NAME@VERSION, or as NAME where the latest version is meant.
 *
 * @param version from 1, or null for the latest
 */
public record SecretReference(String name, @Nullable Integer version) {
  private static final String SHAPE = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
  private static final Pattern NAME = Pattern.compile(SHAPE);
  private static final Pattern FORM = Pattern.compile("(" + SHAPE + ")(?:@([1-9][0-9]{0,8}))?");

  public SecretReference {
    if (!NAME.matcher(name).matches())
      throw new InvalidInput(
          "name of a secret",
          name,
          "1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
  }

  /** That of the text; empty where it does not have the form. */
  public static Optional<SecretReference> of(String text) {
    var match = FORM.matcher(text);
    return match.matches()
        ? Optional.of(
            new SecretReference(
                match.group(1), match.group(2) == null ? null : Integer.valueOf(match.group(2))))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return version == null ? name : name + "@" + version;
  }
}
