package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What a pipeline takes from the steps that use it beside its parameters, and what it gives them.
 *
 * @param inputs types of artifacts
 * @param outputs each what it stands for in this pipeline
 */
record Ports(SequencedMap<String, ValueType> inputs, SequencedMap<String, Template> outputs) {
  /** What stands before the path of a pipeline that a step uses. */
  static final String USES = "./pipelines/";

  static final int MOST = 100;

  /** The keys of a step that uses a pipeline; all others are for steps that do work. */
  private static final Set<String> STEP_KEYS = Set.of("uses", "with", "if", "needs");

  static Ports parse(YamlNode root, Map<String, Param> params) {
    var inputs = new LinkedHashMap<String, ValueType>();
    var outputs = new LinkedHashMap<String, Template>();
    root.optional("inputs").ifPresent(node -> inputs(node, params, inputs));
    if (!inputs.isEmpty())
      for (var key : List.of("on", "test", "concurrency"))
        if (root.optional(key).isPresent())
          throw root.key(key)
              .invalid(
                  "a pipeline with inputs is not run by itself, only by steps that use it; remove \"%s\" or the inputs"
                      .formatted(key));
    root.optional("outputs").ifPresent(node -> outputs(node, outputs));
    return new Ports(inputs, outputs);
  }

  private static void inputs(
      YamlNode node, Map<String, Param> params, Map<String, ValueType> inputs) {
    limit(node, "inputs");
    node.map()
        .forEach((name, value) -> {
          var key = node.key(name);
          ProcessParser.identifier(key, "input");
          if (params.containsKey(name))
            throw key.invalid("\"%s\" is a parameter too; rename one of them".formatted(name));
          if (value.isMap()) value.only(Set.of("type", "description"));
          var type = value.isMap() ? value.required("type") : value;
          var found = ProcessParser.type(type);
          if (!found.isArtifact())
            throw type.invalid(
                "input \"%s\": got the type %s, expected one of artifacts, such as Dataset or Model; a plain value is a parameter: move it to params"
                    .formatted(name, found.text()));
          inputs.put(name, found);
        });
  }

  private static void outputs(YamlNode node, Map<String, Template> outputs) {
    limit(node, "outputs");
    node.map()
        .forEach((name, value) -> {
          ProcessParser.identifier(node.key(name), "output");
          var template = Template.of(value);
          if (!(template instanceof Template.Whole))
            throw value.invalid(
                "output \"%s\": expected one expression, as \"${{ steps.STEP.outputs.OUTPUT }}\""
                    .formatted(name));
          template
              .expressions()
              .filter(e -> !e.locals().isEmpty() || e.readsRun())
              .forEach(e -> {
                throw value.invalid(
                    "output \"%s\": it can read steps, params and inputs only".formatted(name));
              });
          outputs.put(name, template);
        });
  }

  private static void limit(YamlNode node, String what) {
    if (node.map().size() > MOST)
      throw node.invalid(
          "%d %s; a pipeline has at most %d".formatted(node.map().size(), what, MOST));
  }

  /** Refuses to run a pipeline by itself that has inputs. */
  void refuseAlone(PipelineDefinition pipeline) {
    if (inputs.isEmpty()) return;
    throw new Conflict(
        "pipeline %s cannot run by itself: it has the inputs %s; use it in a step of another, as  uses: ./%s"
            .formatted(pipeline.name(), String.join(", ", inputs.keySet()), pipeline.path()));
  }

  /** Whether a step uses a pipeline. */
  static boolean isUse(StepDefinition step) {
    return step.process() == null
        && step.approval().isEmpty()
        && step.uses().text().startsWith(USES);
  }

  /** Refuses what only a step that does work can say. */
  static void refuseHandling(YamlNode step, YamlNode uses) {
    for (var key : step.map().keySet())
      if (!STEP_KEYS.contains(key))
        throw step.key(key)
            .invalid(
                "\"%s\" is for a step that does work, and this one uses a pipeline; say it in %s, of its steps or under its defaults"
                    .formatted(key, uses.text().substring(2)));
  }

  /** Refuses a use that gives what the pipeline does not take, or not all that it needs. */
  static void check(StepDefinition step, PipelineDefinition used) {
    var names = new LinkedHashMap<String, String>();
    used.params()
        .values()
        .forEach(p ->
            names.put(p.name(), "the parameter \"%s\" (%s)".formatted(p.name(), p.type().text())));
    used.ports()
        .inputs()
        .forEach(
            (name, type) -> names.put(name, "the input \"%s\" (%s)".formatted(name, type.text())));
    for (var name : step.with().keySet())
      if (!names.containsKey(name))
        throw step.place()
            .required("with")
            .key(name)
            .invalid(
                "%s takes no \"%s\"%s"
                    .formatted(used.path(), name, Names.suggestion(name, names.keySet())));
    for (var name : names.entrySet()) {
      var param = used.params().get(name.getKey());
      if (step.with().containsKey(name.getKey()) || param != null && param.otherwise() != null)
        continue;
      throw step.place()
          .invalid(
              "step %s: %s needs %s; add  with: { %s: ... }"
                  .formatted(step.id(), used.path(), name.getValue(), name.getKey()));
    }
  }
}
