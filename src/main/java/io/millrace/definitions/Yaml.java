package io.millrace.definitions;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads one YAML 1.2 document strictly: repeated keys, tags and second documents are refused,
 * aliases are counted with everything they stand for, and each value knows its place.
 */
public final class Yaml {
  /** The longest text that is read, in characters. */
  public static final int LONGEST = 1 << 20;

  private Yaml() {}

  /** The document of a file, known in messages by its path in the project. */
  public static YamlNode read(String file, String text) {
    if (text.length() > LONGEST)
      throw new TooLarge(
          "%s has %,d characters, more than the %,d that are read"
              .formatted(file, text.length(), LONGEST));
    var settings = LoadSettings.builder().setLabel(file).setCodePointLimit(LONGEST + 1).build();
    try {
      return new YamlComposer(file, new Parse(settings).parseString(text).iterator()).document();
    } catch (MarkedYamlEngineException e) {
      var place =
          e.getProblemMark()
              .map(m -> ":%d:%d".formatted(m.getLine() + 1, m.getColumn() + 1))
              .orElse("");
      var context = e.getContext() == null || e.getContext().isEmpty() ? "" : e.getContext() + ": ";
      throw new InvalidInput(
          "%s%s: not YAML: %s%s".formatted(file, place, context, e.getProblem()));
    } catch (YamlEngineException e) {
      throw new InvalidInput(
          "%s: not YAML: %s"
              .formatted(file, String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }
  }
}
