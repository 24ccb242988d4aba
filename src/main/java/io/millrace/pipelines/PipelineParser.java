package io.millrace.pipelines;

import io.millrace.base.Unsupported;
import io.millrace.definitions.Yaml;
import io.millrace.definitions.YamlNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the text of a pipeline strictly: form only, without asking what components there are. */
final class PipelineParser {
  static final int MOST_STEPS = 2_000;
  static final int MOST_PARAMS = 100;
  private static final int LONGEST_MINUTES = 7 * 24 * 60;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern IDENTIFIER = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  static final Set<String> PIPELINE_KEYS =
      Set.of(
          "name",
          "description",
          "on",
          "params",
          "inputs",
          "outputs",
          "env",
          "defaults",
          "concurrency",
          "steps",
          "test");
  private static final Set<String> LATER_PIPELINE_KEYS =
      Set.of("runner", "secrets", "cache", "environment");
  static final Set<String> STEP_KEYS =
      Set.of(
          "uses",
          "run",
          "approval",
          "with",
          "outputs",
          "files",
          "env",
          StepSecrets.KEY,
          "environment",
          "resources",
          "if",
          "needs",
          "cache",
          "retry",
          "strategy",
          "timeout-minutes",
          "on-failure",
          "finally");
  private static final Set<String> LATER_STEP_KEYS = Set.of("concurrency", "runner");

  private PipelineParser() {}

  static PipelineDefinition parse(String path, String text) {
    var root = Yaml.read(path, text);
    refuseUnknown(root, PIPELINE_KEYS, LATER_PIPELINE_KEYS);
    var name = root.required("name");
    if (!NAME.matcher(name.text()).matches()) {
      throw name.invalid(
          "pipeline name \"%s\": expected 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or digit"
              .formatted(name.text()));
    }
    root.optional("description").ifPresent(YamlNode::text);
    var params = new LinkedHashMap<String, Param>();
    root.optional("params").ifPresent(node -> params(node, params));
    var defaults = Defaults.parse(root);
    var steps = new LinkedHashMap<String, StepDefinition>();
    var listed = root.required("steps");
    limit(listed, listed.map(), MOST_STEPS, "steps");
    if (listed.map().isEmpty())
      throw listed.invalid("a pipeline has at least one step, such as  first: { uses: core/noop }");
    listed
        .map()
        .forEach(
            (id, node) -> steps.put(id, step(identifier(listed.key(id), "step"), node, defaults)));
    defaults.refuseUnused(root, steps.values());
    var triggers = TriggerParser.parse(root, name.text(), params);
    var concurrency = Concurrency.parse(root);
    var ports = Ports.parse(root, params);
    var own = new LinkedHashMap<>(steps);
    own.values().removeIf(Ports::isUse);
    var test = TestParser.parse(root, params, own.keySet());
    return new PipelineDefinition(
        name.text(),
        path,
        params,
        steps,
        triggers,
        concurrency,
        test,
        ports,
        new LinkedHashMap<>());
  }

  private static void params(YamlNode node, Map<String, Param> params) {
    limit(node, node.map(), MOST_PARAMS, "params");
    node.map()
        .forEach((name, param) ->
            params.put(name, param(identifier(node.key(name), "parameter"), param)));
  }

  private static Param param(String name, YamlNode node) {
    node.only(Set.of("type", "default", "description"));
    var type = node.required("type");
    var found =
        ParamType.named(type.text())
            .orElseThrow(() ->
                type.invalid(
                    "type \"%s\": expected one of %s"
                        .formatted(type.text(), String.join(", ", ParamType.names()))));
    var description = node.optional("description").map(YamlNode::text).orElse(null);
    var otherwise = node.optional("default");
    if (otherwise.isPresent() && !ValueChecks.fits(found.value(), otherwise.get().json())) {
      throw otherwise
          .get()
          .invalid(
              "default of parameter \"%s\": got %s, expected %s"
                  .formatted(name, otherwise.get().json(), ValueChecks.expected(found.value())));
    }
    return new Param(name, found, otherwise.map(YamlNode::json).orElse(null), description);
  }

  private static StepDefinition step(String id, YamlNode node, Defaults defaults) {
    refuseUnknown(node, STEP_KEYS, LATER_STEP_KEYS);
    var turn = Turn.parse(node);
    var run = node.optional("run");
    var uses = action(node, run);
    var approval = node.optional(ApprovalDefinition.KEY);
    var with = new LinkedHashMap<String, Template>();
    if (approval.isPresent()) with.put(ApprovalDefinition.ASK, Template.of(uses));
    node.optional("with")
        .ifPresent(given ->
            given
                .map()
                .forEach((name, value) -> {
                  if (value.isNull())
                    throw given
                        .key(name)
                        .invalid(
                            "input \"%s\" has no value; give one or remove the line"
                                .formatted(name));
                  if (run.isPresent()) ProcessParser.identifier(given.key(name), "input");
                  if (approval.isPresent()) ApprovalDefinition.input(given.key(name), with);
                  with.put(name, Template.of(value));
                }));
    node.optional("env").ifPresent(given -> with.putAll(ProcessParser.variables(given)));
    node.optional(StepSecrets.KEY).ifPresent(given -> with.putAll(StepSecrets.parse(given, with)));
    if (run.isPresent()) defaults.fill(node, with);
    var condition = node.optional("if").map(PipelineParser::condition).orElse(null);
    var strategy =
        node.optional("strategy").map(StrategyParser::parse).orElseGet(Strategy.Once::new);
    if (strategy instanceof Strategy.Search search) SearchParser.inputs(search, with, condition);
    return new StepDefinition(
        id,
        node,
        uses,
        run.isPresent() ? defaults.fill(ProcessParser.parse(node)) : null,
        with,
        condition,
        strategy,
        needs(node),
        defaults.handling(node, turn));
  }

  /**
   * What stands under {@code uses} or {@code run}, with nothing beside it that goes with the other.
   */
  private static YamlNode action(YamlNode node, Optional<YamlNode> run) {
    if (node.optional(ApprovalDefinition.KEY).isPresent()) return ApprovalDefinition.action(node);
    var uses = node.optional("uses");
    if (uses.isEmpty() && run.isEmpty())
      throw node.invalid(
          "a step needs \"uses\" with a component's name, \"run\" with a command, or \"approval\" with a question; add one of them");
    if (uses.isPresent() && run.isPresent())
      throw node.key("run").invalid("a step has either \"uses\" or \"run\"; remove one of them");
    if (run.isPresent()) return run.get();
    boolean isCommand = uses.get().text().startsWith(ComponentParser.USES);
    for (var key : node.map().keySet()) {
      if (!key.equals(Resources.KEY)
          && (ProcessParser.KEYS.contains(key)
              || key.equals("env")
              || (key.equals(StepSecrets.KEY) && !isCommand)))
        throw node.key(key)
            .invalid(
                "\"%s\" goes with run%s, and this step uses %s; remove it"
                    .formatted(
                        key,
                        key.equals(StepSecrets.KEY) ? " and the project's components" : "",
                        uses.get().text()));
    }
    Resources.check(node);
    if (uses.get().text().startsWith(Ports.USES)) Ports.refuseHandling(node, uses.get());
    return uses.get();
  }

  private static Template condition(YamlNode node) {
    var template = Template.of(node);
    return switch (template) {
      case Template.Whole whole -> whole;
      case Template.Literal literal when literal.value().isBoolean() -> literal;
      case Template.Literal _, Template.Mixed _, Template.Items _, Template.Entries _ ->
          throw node.invalid(
              "if: expected one expression, as \"${{ steps.gate.outputs.pass }}\", or true or false");
    };
  }

  private static SequencedMap<String, YamlNode> needs(YamlNode step) {
    var needs = new LinkedHashMap<String, YamlNode>();
    step.optional("needs")
        .ifPresent(node -> {
          if (node.isText()) needs.put(node.text(), node);
          else node.list().forEach(item -> needs.put(item.text(), item));
        });
    return needs;
  }

  static @Nullable Duration timeout(YamlNode step) {
    var node = step.optional("timeout-minutes");
    if (node.isEmpty()) return null;
    double minutes = node.get().number();
    if (minutes <= 0 || minutes > LONGEST_MINUTES)
      throw node.get()
          .invalid(
              "timeout-minutes: got %s, expected more than 0 and at most %d"
                  .formatted(node.get().json(), LONGEST_MINUTES));
    return Duration.ofMillis(Math.max(1, Math.round(minutes * 60_000)));
  }

  static void refuseUnknown(YamlNode node, Set<String> known, Set<String> later) {
    for (var key : node.map().keySet()) {
      if (later.contains(key)) {
        throw new Unsupported(
            "%s: \"%s\" is a known key but not supported yet; remove it"
                .formatted(node.key(key).place(), key));
      }
    }
    node.only(new TreeSet<>(known));
  }

  private static String identifier(YamlNode key, String what) {
    if (!IDENTIFIER.matcher(key.text()).matches()) {
      throw key.invalid(
          "%s name \"%s\": expected a-z 0-9 _, starting with a letter, at most 64 long"
              .formatted(what, key.text()));
    }
    return key.text();
  }

  private static void limit(YamlNode node, Map<String, ?> map, int most, String what) {
    if (map.size() > most)
      throw node.invalid("%d %s; a pipeline has at most %d".formatted(map.size(), what, most));
  }
}
