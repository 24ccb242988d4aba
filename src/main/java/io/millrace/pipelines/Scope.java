package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What expressions may read: the run's parameters and the outputs of the steps that have ended.
 *
 * @param run what late steps may ask of the run; empty for others
 */
record Scope(Map<String, JsonNode> params, Map<String, Outputs> steps, Map<String, String> run) {
  Scope(Map<String, JsonNode> params, Map<String, Outputs> steps) {
    this(params, steps, Map.of());
  }

  /** The plain value of an output, or null if the step has none of that name. */
  @Nullable JsonNode value(Expression.Reference reference) {
    var outputs = steps.get(reference.step());
    return outputs == null ? null : outputs.values().get(reference.output());
  }

  /** The artifact of an output, or null if the step has none of that name. */
  @Nullable ArtifactRef artifact(Expression.Reference reference) {
    var outputs = steps.get(reference.step());
    return outputs == null ? null : outputs.artifacts().get(reference.output());
  }

  Map<String, Object> variables() {
    var all = new HashMap<String, Object>();
    steps.forEach((step, outputs) -> {
      var values = new HashMap<String, Object>();
      outputs.values().forEach((name, value) -> values.put(name, CelValues.java(value)));
      all.put(step, Map.of("outputs", values));
    });
    var given = new HashMap<String, Object>();
    params.forEach((name, value) -> given.put(name, CelValues.java(value)));
    return Map.of("params", given, "steps", all, "run", run);
  }
}
