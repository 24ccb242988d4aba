package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.definitions.Yaml;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the components of a project: {@code components/NAME/component.yaml} and what lies beside.
 */
final class ComponentParser {
  static final String FOLDER = "components/";
  static final String FILE = "component.yaml";

  /** What stands before a component's name under {@code uses}. */
  static final String USES = "./" + FOLDER;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  static final Set<String> KEYS =
      new TreeSet<>(
          Set.of(
              "name",
              "version",
              "meaning",
              "inputs",
              "outputs",
              "run",
              "files",
              "env",
              "environment",
              "resources"));
  static final Set<String> INPUT_KEYS =
      new TreeSet<>(Set.of("type", "meaning", "default", "required", "min", "max", "values"));

  private ComponentParser() {}

  /** A component of a project. */
  record Parsed(ProcessSignature signature, ProcessDefinition process, ProjectFileSet files) {}

  static boolean isComponent(String path) {
    return path.startsWith(FOLDER)
        && path.endsWith("/" + FILE)
        && path.indexOf('/', FOLDER.length()) == path.length() - FILE.length() - 1;
  }

  /** The names of a project's components. */
  static Set<String> names(Map<String, String> texts) {
    var names = new TreeSet<String>();
    for (var path : texts.keySet())
      if (isComponent(path))
        names.add(path.substring(FOLDER.length(), path.length() - FILE.length() - 1));
    return names;
  }

  /**
   * @param name that of its folder
   */
  static Parsed parse(String name, Map<String, String> texts) {
    var path = FOLDER + name + "/" + FILE;
    var text = texts.get(path);
    if (text == null) throw new IllegalArgumentException("there is no " + path);
    var root = Yaml.read(path, text);
    root.only(KEYS);
    var named = root.required("name");
    if (!NAME.matcher(named.text()).matches())
      throw named.invalid(
          "component name \"%s\": expected 1 to 64 of A-Z a-z 0-9 _ -, starting with a letter or digit"
              .formatted(named.text()));
    if (!named.text().equals(name))
      throw named.invalid(
          "component name \"%s\": expected \"%s\", the name of its folder"
              .formatted(named.text(), name));
    var inputs = new ArrayList<Component.Input>();
    var ranges = new LinkedHashMap<String, ValueRange>();
    root.optional("inputs").ifPresent(given -> inputs(given, inputs, ranges));
    var signature =
        new ProcessSignature(
            USES + name,
            root.required("version").text(),
            root.required("meaning").text(),
            inputs,
            ranges);
    var process = ProcessParser.parse(root).with(variables(root));
    return new Parsed(signature, process, files(name, process, texts));
  }

  private static Map<String, JsonNode> variables(YamlNode root) {
    var variables = new LinkedHashMap<String, JsonNode>();
    var env = root.optional("env");
    if (env.isEmpty()) return variables;
    ProcessParser.variables(env.get())
        .forEach((key, template) -> {
          if (!template.isLiteral())
            throw template
                .place()
                .invalid(
                    "a component's env holds no ${{ }}: declare an input, which the command reads as MILLRACE_PARAM_NAME");
          variables.put(
              key.substring(StepDefinition.ENV.length()),
              template.evaluate(new Scope(Map.of(), Map.of())));
        });
    return variables;
  }

  /** Those it names, or all that lie in its folder. */
  private static ProjectFileSet files(
      String name, ProcessDefinition process, Map<String, String> texts) {
    var folder = FOLDER + name + "/";
    if (!process.files().isEmpty()) return ProjectFileSet.of(folder, process, texts);
    var all = new TreeMap<String, String>();
    texts.forEach((path, text) -> {
      if (path.startsWith(folder) && !isComponent(path)) all.put(path, text);
    });
    return new ProjectFileSet(folder, all);
  }

  private static void inputs(
      YamlNode node, List<Component.Input> inputs, Map<String, ValueRange> ranges) {
    ProcessParser.few(node, "inputs");
    node.map()
        .forEach((name, value) -> {
          var id = ProcessParser.identifier(node.key(name), "input");
          if (!value.isMap()) {
            inputs.add(Component.Input.required(id, ProcessParser.type(value), ""));
            return;
          }
          value.only(INPUT_KEYS);
          var type = ProcessParser.type(value.required("type"));
          var range = range(value, type);
          if (!range.equals(ValueRange.ALL)) ranges.put(id, range);
          var otherwise = value.optional("default");
          otherwise.ifPresent(given -> check(given, id, type, range));
          boolean required =
              otherwise.isEmpty() && value.optional("required").map(YamlNode::bool).orElse(true);
          inputs.add(
              new Component.Input(
                  id,
                  type,
                  required,
                  otherwise.map(YamlNode::json).orElse(null),
                  value.optional("meaning").map(YamlNode::text).orElse("")));
        });
  }

  private static void check(YamlNode given, String id, ValueType type, ValueRange range) {
    if (type.isArtifact())
      throw given.invalid(
          "input \"%s\" is a %s, which has no default; write  required: false  where it may be left out"
              .formatted(id, type.text()));
    if (!ValueChecks.fits(type, given.json()))
      throw given.invalid(
          "default of input \"%s\": got %s, expected %s"
              .formatted(id, given.json(), ValueChecks.expected(type)));
    try {
      range.check(id, given.json());
    } catch (InvalidInput e) {
      throw given.invalid("default of " + e.getMessage());
    }
  }

  private static ValueRange range(YamlNode node, ValueType type) {
    var min = bound(node, "min", type);
    var max = bound(node, "max", type);
    var values = new ArrayList<JsonNode>();
    node.optional("values")
        .ifPresent(given ->
            given
                .list()
                .forEach(value -> {
                  if (!ValueChecks.fits(type, value.json()))
                    throw value.invalid(
                        "values: got %s, expected %s"
                            .formatted(value.json(), ValueChecks.expected(type)));
                  values.add(value.json());
                }));
    if (min != null && max != null && min > max)
      throw node.required("min")
          .invalid("min: got %s, expected at most max, %s".formatted(min, max));
    return min == null && max == null && values.isEmpty()
        ? ValueRange.ALL
        : new ValueRange(min, max, values);
  }

  private static @Nullable Double bound(YamlNode node, String key, ValueType type) {
    var given = node.optional(key);
    if (given.isEmpty()) return null;
    if (type != ValueType.NUMBER && type != ValueType.INTEGER)
      throw given
          .get()
          .invalid(
              "%s goes with integer and number, and this input is %s".formatted(key, type.text()));
    return given.get().number();
  }
}
