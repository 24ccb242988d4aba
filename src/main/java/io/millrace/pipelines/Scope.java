package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What expressions may read: the run's parameters, the outputs of the steps that have ended, and
 * the values of an instance, by their first word.
 *
 * @param run what late steps may ask of the run; empty for others
 */
record Scope(
    Map<String, JsonNode> params,
    Map<String, Outputs> steps,
    Map<String, String> run,
    JsonNode instance) {
  static final Scope NONE = new Scope(Map.of(), Map.of());

  Scope(Map<String, JsonNode> params, Map<String, Outputs> steps) {
    this(params, steps, Map.of());
  }

  Scope(Map<String, JsonNode> params, Map<String, Outputs> steps, Map<String, String> run) {
    this(params, steps, run, Json.object());
  }

  /** As the step reads it. */
  Scope of(StepDefinition step) {
    return step.strategy() instanceof Strategy.Instance one
        ? new Scope(params, steps, run, one.values())
        : this;
  }

  /** The plain value of an output, or null if the step has none of that name. */
  @Nullable JsonNode value(Expression.Reference reference) {
    var outputs = steps.get(reference.step());
    return outputs == null ? null : outputs.values().get(reference.output());
  }

  /** The artifact of an output, or null if the step has none of that name. */
  @Nullable ArtifactRef artifact(Expression.Reference reference) {
    var outputs = steps.get(reference.step());
    if (outputs == null) return null;
    if (reference.pick() == null) return outputs.artifacts().get(reference.output());
    int index = index(reference);
    return index < outputs.instances().size()
        ? outputs.instances().get(index).artifacts().get(reference.output())
        : null;
  }

  /** The reference with the instance that it picks in place of the step. */
  Expression.Reference picked(Expression.Reference reference) {
    return reference.pick() == null
        ? reference
        : new Expression.Reference(
            Instances.name(reference.step(), index(reference)), reference.output(), null);
  }

  private int index(Expression.Reference reference) {
    var pick = String.valueOf(reference.pick());
    return pick.equals(Expression.Reference.EACH)
        ? instance.path(Strategy.ForEach.WORD).path(Strategy.ForEach.INDEX).asInt()
        : Integer.parseInt(pick);
  }

  /** The value of an instance, or null if it has none of that name. */
  @Nullable JsonNode local(Expression.Local local) {
    return instance.path(local.word()).get(local.name());
  }

  /**
   * As CEL takes them.
   *
   * @param read the steps whose outputs are asked for
   */
  Map<String, Object> variables(Collection<String> read) {
    var all = new HashMap<String, Object>();
    for (var step : read) {
      var outputs = steps.get(step);
      if (outputs == null || all.containsKey(step)) continue;
      var values = new HashMap<String, Object>();
      outputs.values().forEach((name, value) -> values.put(name, CelValues.java(value)));
      all.put(step, Map.of("outputs", values));
    }
    var given = new HashMap<String, Object>();
    params.forEach((name, value) -> given.put(name, CelValues.java(value)));
    var variables = new HashMap<String, Object>();
    Expression.LOCALS.forEach(word ->
        variables.put(
            word,
            CelValues.java(instance.path(word).isObject() ? instance.path(word) : Json.object())));
    variables.put("params", given);
    variables.put("steps", all);
    variables.put("run", run);
    return variables;
  }
}
