package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.definitions.YamlNode;
import io.millrace.governance.SecretReference;
import io.millrace.governance.Secrets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The secrets of a step, {@code secrets: { DB_PASSWORD: db-password@2 }}. Among the step's values,
 * and so in its key and its record, stands NAME@VERSION under PREFIX and the variable; what that is
 * worth is known to the command alone.
 */
final class StepSecrets {
  static final String KEY = "secrets";
  static final int MOST = 20;

  /** What stands before the name of a variable; no input's name begins so. */
  static final String PREFIX = "secret.";

  private StepSecrets() {}

  /**
   * By PREFIX and variable.
   *
   * @param others what the step has already, its variables among them
   */
  static Map<String, Template> parse(YamlNode node, Map<String, Template> others) {
    if (node.map().size() > MOST)
      throw node.invalid("%d secrets; a step may have %d".formatted(node.map().size(), MOST));
    var secrets = new LinkedHashMap<String, Template>();
    node.map()
        .forEach((variable, value) -> {
          ProcessParser.variable(node.key(variable));
          if (others.containsKey(StepDefinition.ENV + variable))
            throw node.key(variable)
                .invalid("env sets the variable %s too; remove one of them".formatted(variable));
          if (!value.isText() || SecretReference.of(value.text()).isEmpty())
            throw value.invalid(
                "secrets.%s: expected the name of a secret, as db-password, or with a version, as db-password@2; the value itself is set with  millrace secret set NAME"
                    .formatted(variable));
          secrets.put(PREFIX + variable, Template.of(value));
        });
    return secrets;
  }

  /** The name under which a step has a secret for that variable, which is given with its prefix. */
  static String ofVariable(String name) {
    return PREFIX + name.substring(StepDefinition.ENV.length());
  }

  /** With the version that is meant now; InvalidInput with its place where there is none. */
  static JsonNode pin(Snapshot s, Secrets secrets, JsonNode value, YamlNode place) {
    try {
      return Json.tree(secrets.pin(s, reference(value.asText())).toString());
    } catch (NotFound e) {
      throw place.invalid(String.valueOf(e.getMessage()));
    }
  }

  /** The references among a step's values, by variable. */
  static Map<String, String> among(Map<String, JsonNode> values) {
    var found = new TreeMap<String, String>();
    values.forEach((name, value) -> {
      if (name.startsWith(PREFIX)) found.put(name.substring(PREFIX.length()), value.asText());
    });
    return found;
  }

  /** The secrets themselves, by variable. */
  static Map<String, String> open(Commands commands, Map<String, JsonNode> values) {
    var opened = new TreeMap<String, String>();
    among(values)
        .forEach((variable, pinned) ->
            opened.put(variable, commands.secretsOrRefuse().value(reference(pinned))));
    return opened;
  }

  private static SecretReference reference(String text) {
    return SecretReference.of(text)
        .orElseThrow(() -> new InvalidInput("secret", text, "NAME or NAME@VERSION"));
  }
}
