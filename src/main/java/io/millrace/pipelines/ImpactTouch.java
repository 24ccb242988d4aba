package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.Snapshot;
import io.millrace.metadata.ArtifactType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a change touches a step of one pipeline itself. What cannot be known before a run counts
 * as touched, and says so.
 */
final class ImpactTouch {
  private final Engine engine;
  private final StepHistoryStore history;
  private final Snapshot snapshot;
  private final String project;
  private final Map<String, String> texts;
  private final Forecast forecast;
  private final ImpactNode node;
  private final Collection<String> columns;

  /**
   * @param columns where the columns go that the pinned datasets have
   */
  ImpactTouch(
      Engine engine,
      StepHistoryStore history,
      Snapshot snapshot,
      String project,
      Map<String, String> texts,
      Forecast forecast,
      ImpactNode node,
      Collection<String> columns) {
    this.engine = engine;
    this.history = history;
    this.snapshot = snapshot;
    this.project = project;
    this.texts = texts;
    this.forecast = forecast;
    this.node = node;
    this.columns = columns;
  }

  Optional<ImpactWalk.Mark> of(PipelineDefinition pipeline, StepDefinition step) {
    return switch (node) {
      case ImpactNode.Dataset(var name) ->
          pins(pipeline, step, name, List.of("dataset %s changes".formatted(name)));
      case ImpactNode.Column(var dataset, var column) ->
          pins(pipeline, step, dataset, List.of("column %s.%s changes".formatted(dataset, column)))
              .map(mark -> column(step, dataset, column, mark));
      case ImpactNode.PipelineParam(var owner, var param) ->
          owner.equals(pipeline.name()) ? param(step, param) : Optional.empty();
      case ImpactNode.UsedComponent(var name) ->
          must(step.uses().text().equals(name), "component %s changes".formatted(name));
      case ImpactNode.PipelineStep(var owner, var name) ->
          must(
              owner.equals(pipeline.name()) && step.id().equals(name),
              "step %s changes".formatted(name));
      case ImpactNode.ProjectFile(var owner, var path) ->
          owner.equals(project) ? file(pipeline, step, path) : Optional.empty();
      case ImpactNode.Program _ -> must(true, "the program changes");
    };
  }

  private static Optional<ImpactWalk.Mark> must(boolean touched, String because) {
    return touched
        ? Optional.of(new ImpactWalk.Mark(Verdict.MUST_RUN, List.of(because), false))
        : Optional.empty();
  }

  private static Optional<ImpactWalk.Mark> unknown(String because, String why) {
    return Optional.of(new ImpactWalk.Mark(Verdict.UNKNOWN, List.of(because, why), false));
  }

  private static Optional<ImpactWalk.Mark> param(StepDefinition step, String param) {
    var because = "parameter %s changes".formatted(param);
    if (uses(step.with().values().stream().flatMap(Template::expressions), param)
        || uses(step.strategy().expressions(), param)) return must(true, because);
    var condition = step.condition();
    if (condition == null || !uses(condition.expressions(), param)) return Optional.empty();
    return Optional.of(
        new ImpactWalk.Mark(
            Verdict.CONDITIONAL, List.of(because, "its condition reads it"), false));
  }

  private static boolean uses(Stream<Expression> expressions, String param) {
    return expressions.anyMatch(expression -> expression.params().contains(param));
  }

  private Optional<ImpactWalk.Mark> file(
      PipelineDefinition pipeline, StepDefinition step, String path) {
    var because = "file %s changes".formatted(path);
    if (path.equals(pipeline.path()))
      return unknown(because, "which steps an edit changes is told by plan");
    for (var input : forecast.component(step).inputs()) {
      if (input.type() != ValueType.FILE || !step.with().containsKey(input.name())) continue;
      var value = forecast.value(step, input.name());
      if (value == null) return unknown(because, "which file it reads is known only when it runs");
      if (value.asText().equals(path)) return must(true, because);
    }
    return Optional.empty();
  }

  private Optional<ImpactWalk.Mark> pins(
      PipelineDefinition pipeline, StepDefinition step, String name, List<String> because) {
    var roles = roles(pipeline, step);
    if (roles.isEmpty())
      return unknown(because.getFirst(), "which datasets it reads is known only when it runs");
    return must(roles.get().contains(name), because.getFirst());
  }

  /** What the step pins, by role; empty where nobody knows. */
  private Optional<Set<String>> roles(PipelineDefinition pipeline, StepDefinition step) {
    var pins = forecast.outcome(step).pins();
    if (pins != null) return Optional.of(pins.keySet());
    var past = history.latest(snapshot, pipeline.name(), step.id());
    if (past.isPresent()) {
      var roles = new TreeSet<String>();
      past.get().parts().path("pins").fieldNames().forEachRemaining(roles::add);
      return Optional.of(roles);
    }
    return declared(step);
  }

  /** As the component says of the values that are known, where those are all. */
  private Optional<Set<String>> declared(StepDefinition step) {
    var component = forecast.component(step);
    var values = new TreeMap<String, JsonNode>();
    for (var input : component.inputs()) {
      if (input.type().isArtifact() || !step.with().containsKey(input.name())) continue;
      var value = forecast.value(step, input.name());
      if (value == null) return Optional.empty();
      values.put(input.name(), value);
    }
    try {
      return Optional.of(component.pins(snapshot, values, Map.of(), Map.of()).keySet());
    } catch (Failure | NullPointerException e) {
      return Optional.empty(); // It asks for an artifact, or for a dataset that is not here yet.
    }
  }

  private ImpactWalk.Mark column(
      StepDefinition step, String dataset, String column, ImpactWalk.Mark mark) {
    if (mark.verdict() != Verdict.MUST_RUN) return mark;
    known(step, dataset);
    var values = new TreeMap<String, JsonNode>();
    for (var input : step.with().keySet()) {
      @Nullable JsonNode value = forecast.value(step, input);
      if (value != null) values.put(input, value);
    }
    var because = mark.because().getFirst();
    return switch (forecast.component(step).reads(dataset, column, values, texts)) {
      case YES ->
          new ImpactWalk.Mark(mark.verdict(), List.of(because, "it reads the column"), false);
      case NO ->
          new ImpactWalk.Mark(
              mark.verdict(),
              List.of(because, "it reads the dataset but not the column: what it gives stays"),
              true);
      case UNKNOWN ->
          new ImpactWalk.Mark(
              mark.verdict(),
              List.of(because, "unknown whether it reads the column: taken as if it did"),
              false);
    };
  }

  private void known(StepDefinition step, String dataset) {
    var pins = forecast.outcome(step).pins();
    var pin = pins == null ? null : pins.get(dataset);
    if (pin == null) return;
    for (var artifact : engine.metadata.find(snapshot, pin.digest()))
      if (artifact.type() == ArtifactType.DATASET_VERSION)
        for (var column : artifact.properties().path("columns"))
          columns.add(column.path("name").asText());
  }
}
