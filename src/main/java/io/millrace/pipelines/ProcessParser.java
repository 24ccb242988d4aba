package io.millrace.pipelines;

import io.millrace.base.Glob;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads how a command runs, where it stands in a pipeline's step or in a component of a project.
 */
final class ProcessParser {
  /** The keys beside {@code run} that only a command has. */
  static final Set<String> KEYS = Set.of("outputs", "files", "environment", "resources");

  static final Pattern IDENTIFIER = Pattern.compile("[a-z][a-z0-9_]{0,63}");
  static final int MOST_NAMES = 100;
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
  private static final Pattern MEMORY = Pattern.compile("([1-9][0-9]{0,11})(|Ki|Mi|Gi|Ti)");
  private static final String VALUES = "values";

  static final Map<String, ValueType> TYPES = new LinkedHashMap<>();

  static {
    for (var type : ValueType.values())
      if (type != ValueType.FILE && type != ValueType.ANY) TYPES.put(type.text(), type);
  }

  private ProcessParser() {}

  static ProcessDefinition parse(YamlNode node) {
    var run = node.required("run");
    if (run.text().isBlank())
      throw run.invalid("run: the command is empty; expected one, such as  run: python3 train.py");
    if (run.text().contains("${{"))
      throw run.invalid(
          "run: a command holds no ${{ }}, since the value's text would become part of the command; give the value under with:, as NAME, and write \"$MILLRACE_PARAM_NAME\"");
    return new ProcessDefinition(
        run,
        run.text(),
        node.optional("files").map(ProcessParser::files).orElse(List.of()),
        node.optional("outputs").map(ProcessParser::outputs).orElse(List.of()),
        Map.of(),
        node.optional("environment").map(YamlNode::text).orElse(null),
        node.optional("resources").map(ProcessParser::memory).orElse(null));
  }

  private static List<YamlNode> files(YamlNode node) {
    for (var file : node.list()) glob(file);
    return node.list();
  }

  static Glob glob(YamlNode file) {
    try {
      return new Glob(file.text());
    } catch (InvalidInput e) {
      throw file.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static List<Component.Output> outputs(YamlNode node) {
    var outputs = new ArrayList<Component.Output>();
    few(node, "outputs");
    node.map()
        .forEach((name, value) -> {
          var key = identifier(node.key(name), "output");
          if (key.equals(VALUES))
            throw node.key(name)
                .invalid("an output cannot be called \"values\": values.json holds the values");
          if (value.isMap()) value.only(Set.of("type", "meaning"));
          var type = value.isMap() ? value.required("type") : value;
          var meaning =
              value.isMap() ? value.optional("meaning").map(YamlNode::text).orElse("") : "";
          outputs.add(new Component.Output(key, type(type), meaning));
        });
    return outputs;
  }

  static ValueType type(YamlNode node) {
    var type = TYPES.get(node.text());
    if (type == null)
      throw node.invalid(
          "type \"%s\"%s"
              .formatted(
                  node.text(),
                  Names.nearest(node.text(), TYPES.keySet())
                      .map("; did you mean \"%s\"?"::formatted)
                      .orElse(": expected one of " + String.join(", ", TYPES.keySet()))));
    return type;
  }

  static @Nullable Long memory(YamlNode node) {
    node.only(Set.of("memory"));
    var given = node.required("memory");
    var match = MEMORY.matcher(given.json().asText());
    if (!match.matches())
      throw given.invalid(
          "resources.memory: got %s, expected a number of bytes, such as 2Gi or 512Mi"
              .formatted(given.json()));
    int shift =
        switch (match.group(2)) {
          case "Ki" -> 10;
          case "Mi" -> 20;
          case "Gi" -> 30;
          case "Ti" -> 40;
          default -> 0;
        };
    long bytes = Long.parseLong(match.group(1)) << shift;
    if (bytes >> shift != Long.parseLong(match.group(1)) || bytes < 1 << 20)
      throw given.invalid(
          "resources.memory: got %s, expected at least 1Mi".formatted(given.json()));
    return bytes;
  }

  /** The variables of a command, by ENV and their name. */
  static Map<String, Template> variables(YamlNode node) {
    var variables = new LinkedHashMap<String, Template>();
    few(node, "variables");
    node.map()
        .forEach((name, value) -> {
          var key = node.key(name);
          if (!VARIABLE.matcher(name).matches())
            throw key.invalid(
                "variable \"%s\": expected A-Z a-z 0-9 _, not starting with a digit"
                    .formatted(name));
          if (name.startsWith("MILLRACE_")
              || name.equals("MLFLOW_RUN_ID")
              || name.equals("MLFLOW_TRACKING_URI"))
            throw key.invalid(
                "the variable %s is set by the program; choose another name".formatted(name));
          if (value.isMap() || value.isList() || value.isNull())
            throw key.invalid(
                "variable %s: expected a text, a number or a truth value".formatted(name));
          variables.put(StepDefinition.ENV + name, Template.of(value));
        });
    return variables;
  }

  static String identifier(YamlNode key, String what) {
    if (!IDENTIFIER.matcher(key.text()).matches())
      throw key.invalid(
          "%s \"%s\": expected a-z 0-9 _, starting with a letter, at most 64 long"
              .formatted(what, key.text()));
    return key.text();
  }

  static void few(YamlNode node, String what) {
    int count = node.map().size();
    if (count > MOST_NAMES)
      throw node.invalid("%d %s; there may be %d".formatted(count, what, MOST_NAMES));
  }
}
