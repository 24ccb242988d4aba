package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline says for its steps under {@code env} and {@code defaults}; a step's own word
 * wins. It reaches the steps of its own file, not those of pipelines that they use.
 *
 * @param env variables of the steps that run a command
 * @param timeout null where none is given, as with the others
 * @param resources of the steps that run a command
 */
record Defaults(
    Map<String, Template> env,
    @Nullable Duration timeout,
    @Nullable Boolean cached,
    @Nullable Retry retry,
    @Nullable Resources resources) {
  static final Set<String> KEYS = Set.of("timeout-minutes", "retry", "cache", "resources");
  static final Set<String> LATER = Set.of("runner");

  static Defaults parse(YamlNode root) {
    var env = new LinkedHashMap<String, Template>();
    root.optional("env").ifPresent(node -> env.putAll(variables(node)));
    var given = root.optional("defaults");
    if (given.isEmpty()) return new Defaults(env, null, null, null, null);
    var node = given.get();
    PipelineParser.refuseUnknown(node, KEYS, LATER);
    return new Defaults(
        env,
        PipelineParser.timeout(node),
        node.optional("cache").map(YamlNode::bool).orElse(null),
        node.optional("retry").map(RetryParser::parse).orElse(null),
        node.optional(Resources.KEY).map(Resources::ofCommand).orElse(null));
  }

  private static Map<String, Template> variables(YamlNode node) {
    var variables = ProcessParser.variables(node);
    for (var value : variables.values())
      value
          .expressions()
          .filter(e ->
              !e.references().isEmpty()
                  || !e.inputs().isEmpty()
                  || !e.locals().isEmpty()
                  || e.readsRun())
          .forEach(e -> {
            throw value
                .place()
                .invalid(
                    "the env of a pipeline is that of all its commands, so it can read params only; put this variable under the env of the steps that need it");
          });
    return variables;
  }

  /** Refuses what reaches no step. */
  void refuseUnused(YamlNode root, Iterable<StepDefinition> steps) {
    for (var step : steps) if (step.process() != null) return;
    if (!env.isEmpty())
      throw root.key("env")
          .invalid("env reaches steps with run, and this pipeline has none; remove it");
    if (resources != null)
      throw root.required("defaults")
          .key(Resources.KEY)
          .invalid("resources are for steps with run, and this pipeline has none; remove them");
  }

  /** Puts the variables that the step does not give itself. */
  void fill(YamlNode step, Map<String, Template> with) {
    env.forEach((name, value) -> {
      if (!with.containsKey(StepSecrets.ofVariable(name))) with.putIfAbsent(name, value);
    });
    long count = with.keySet().stream().filter(name -> name.startsWith(StepDefinition.ENV)).count();
    if (count > ProcessParser.MOST_NAMES)
      throw step.invalid(
          "%d variables with those of the pipeline; there may be %d"
              .formatted(count, ProcessParser.MOST_NAMES));
  }

  /** A command, with the resources that are given here where it says nothing of any. */
  ProcessDefinition fill(ProcessDefinition process) {
    return process.resources().isAsked() || resources == null
        ? process
        : new ProcessDefinition(
            process.place(),
            process.command(),
            process.files(),
            process.outputs(),
            process.variables(),
            process.environment(),
            resources);
  }

  /** How a step is carried out, by its own word or else by this. */
  StepDefinition.Handling handling(YamlNode step, Turn turn) {
    var own = PipelineParser.timeout(step);
    return new StepDefinition.Handling(
        own == null ? timeout : own,
        step.optional("cache")
            .map(YamlNode::bool)
            .orElse(!turn.isLate() && !Boolean.FALSE.equals(cached)),
        step.optional("retry").map(RetryParser::parse).orElse(retry == null ? Retry.NONE : retry),
        turn);
  }
}
