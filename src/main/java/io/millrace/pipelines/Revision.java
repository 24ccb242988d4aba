package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** A pipeline as a run had it, and as it is to have it from now on. */
record Revision(Version before, Version after) {
  /** A pipeline with its project's files and the run's parameters. */
  record Version(
      PipelineDefinition pipeline, Map<String, String> texts, Map<String, JsonNode> params) {}

  /** How steps are carried out, which changes nothing of what they give. */
  private static final Set<String> HANDLING =
      Set.of("timeout-minutes", "retry", "cache", "resources");

  /** The steps that are new, or that say another thing than before. */
  Set<String> changed(Catalog catalog) {
    var was = catalog.bound(before.pipeline(), before.texts());
    var is = catalog.bound(after.pipeline(), after.texts());
    var changed = new HashSet<String>();
    var params = changedParams();
    for (var step : after.pipeline().steps().values()) {
      var old = before.pipeline().steps().get(step.id());
      if (old == null
          || !says(old).equals(says(step))
          || step.expressions().anyMatch(e -> e.params().stream().anyMatch(params::contains))
          || filesDiffer(step, is.component(step))
          || doesOther(was.component(old), is.component(step))) changed.add(step.id());
    }
    return changed;
  }

  /** Whether a command, or a component of the project, is another one now. */
  private static boolean doesOther(Component was, Component is) {
    return !was.identity().equals(is.identity()) || !was.files().equals(is.files());
  }

  /** All that a step says, with what the names in it stand for and what its file says for it. */
  private static List<Object> says(StepDefinition step) {
    var json = step.place().json().deepCopy();
    if (json instanceof ObjectNode object) object.remove(HANDLING);
    var with = new TreeMap<String, String>();
    step.with().forEach((name, value) -> with.put(name, View.says(value)));
    var condition = step.condition();
    return List.of(
        json,
        with,
        condition == null ? "" : View.says(condition),
        step.strategy().expressions().map(Expression::says).toList(),
        step.after().keySet());
  }

  private Set<String> changedParams() {
    var names = new HashSet<>(before.params().keySet());
    names.addAll(after.params().keySet());
    names.removeIf(name -> Objects.equals(before.params().get(name), after.params().get(name)));
    return names;
  }

  /** Whether a file that the step names holds another text; one it may name counts too. */
  private boolean filesDiffer(StepDefinition step, Component component) {
    if (before.texts().equals(after.texts())) return false;
    for (var input : component.inputs()) {
      if (input.type() != ValueType.FILE) continue;
      var template = step.with().get(input.name());
      if (template == null) continue;
      if (!template.isLiteral()) return true;
      var path = template.evaluate(new Scope(Map.of(), Map.of())).asText();
      if (!Objects.equals(before.texts().get(path), after.texts().get(path))) return true;
    }
    return false;
  }

  /**
   * The parameters of a run under a newer definition: what was given stays, what was a default is
   * the new default.
   */
  static Map<String, JsonNode> params(
      PipelineDefinition before, PipelineDefinition after, Map<String, JsonNode> values) {
    var given = new HashMap<String, JsonNode>();
    values.forEach((name, value) -> {
      var old = before.params().get(name);
      boolean isDefault = old != null && value.equals(old.otherwise());
      if (after.params().containsKey(name) && !isDefault) given.put(name, value);
    });
    return Pipelines.params(after, given);
  }
}
