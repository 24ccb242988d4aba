package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.definitions.ProjectTexts;
import io.millrace.metadata.ArtifactType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Which steps of all pipelines a change reaches. Used once. */
final class ImpactQuery {
  private final Engine engine;
  private final StepHistoryStore history;
  private final Snapshot snapshot;
  private final Reach reach;
  private final PipelineStore store = new PipelineStore();
  private final ProjectTexts projects = new ProjectTexts();
  private final Map<String, SortedMap<String, String>> texts = new HashMap<>();
  private final TreeSet<String> columns = new TreeSet<>();

  ImpactQuery(Engine engine, StepHistoryStore history, Snapshot snapshot, Reach reach) {
    this.engine = engine;
    this.history = history;
    this.snapshot = snapshot;
    this.reach = reach;
  }

  Impact ask(String text) {
    var rows = store.list(snapshot);
    var pipelines = new TreeMap<String, PipelineDefinition>();
    for (var row : rows)
      pipelines.put(row.name(), Composition.read(row.path(), row.text(), texts(row.project())));
    var node = checked(ImpactNode.parse(text), pipelines);
    var plans = new ArrayList<PipelinePlan>();
    for (var row : rows) {
      var pipeline = pipelines.get(row.name());
      if (pipeline == null || pipeline.isForOthers()) continue;
      var files = texts(row.project());
      var forecast = new Forecast(engine, history, snapshot, pipeline, files, Map.of());
      var touch =
          new ImpactTouch(engine, history, snapshot, row.project(), files, forecast, node, columns);
      var steps = new ImpactWalk(pipeline, forecast, touch).steps();
      if (steps.isEmpty()) continue;
      plans.add(
          new PipelinePlan(row.name(), row.project(), steps, reach.of(row.name(), steps, files)));
    }
    if (node instanceof ImpactNode.Column(var dataset, var column)
        && !columns.isEmpty()
        && columns.stream().noneMatch(column::equalsIgnoreCase))
      throw new NotFound(
          "dataset %s has no column \"%s\"%s"
              .formatted(dataset, column, Names.suggestion(column, columns)));
    return new Impact(text, plans);
  }

  private SortedMap<String, String> texts(String project) {
    return texts.computeIfAbsent(project, name -> projects.of(snapshot, name));
  }

  /** Refuses what does not exist; the file of a dataset stands for the dataset. */
  private ImpactNode checked(ImpactNode node, Map<String, PipelineDefinition> pipelines) {
    return switch (node) {
      case ImpactNode.Dataset(var name) -> {
        dataset(name, pipelines.values());
        yield node;
      }
      case ImpactNode.Column(var dataset, var _) -> {
        dataset(dataset, pipelines.values());
        yield node;
      }
      case ImpactNode.PipelineParam(var pipeline, var param) -> {
        there(pipelines, "pipeline", pipeline);
        var known = pipelines.get(pipeline);
        if (known != null) there(known.params(), "parameter of pipeline " + pipeline, param);
        yield node;
      }
      case ImpactNode.PipelineStep(var pipeline, var step) -> {
        there(pipelines, "pipeline", pipeline);
        var known = pipelines.get(pipeline);
        if (known != null) there(known.steps(), "step of pipeline " + pipeline, step);
        yield node;
      }
      case ImpactNode.UsedComponent(var name) -> {
        there(
            engine.catalog.own().stream().collect(Collectors.toMap(Component::name, c -> c)),
            "component",
            name);
        yield node;
      }
      case ImpactNode.ProjectFile(var project, var path) -> {
        var files = texts(project);
        if (files.isEmpty()) throw new NotFound("project", project, "apply its folder first");
        there(files, "file of project " + project, path);
        yield path.startsWith("datasets/") && path.endsWith(".yaml")
            ? new ImpactNode.Dataset(
                path.substring("datasets/".length(), path.length() - ".yaml".length()))
            : node;
      }
      case ImpactNode.Program _ -> node;
    };
  }

  private static void there(Map<String, ?> known, String what, String name) {
    if (!known.containsKey(name))
      throw new NotFound(
          "no %s \"%s\"%s"
              .formatted(what, name, Names.suggestion(name, new TreeSet<>(known.keySet()))));
  }

  /** A version is in the graph, or some pipeline names it. */
  private void dataset(String name, Collection<PipelineDefinition> pipelines) {
    if (engine.metadata.named(snapshot, ArtifactType.DATASET_VERSION, name + "/1").isPresent())
      return;
    var named = new TreeSet<String>();
    for (var pipeline : pipelines)
      for (var step : pipeline.steps().values())
        if (step.with().get("datasets") instanceof Template template && template.isLiteral())
          names(template.evaluate(new Scope(Map.of(), Map.of())), named);
    if (!named.contains(name))
      throw new NotFound("no dataset \"%s\"%s".formatted(name, Names.suggestion(name, named)));
  }

  private static void names(JsonNode list, Collection<String> into) {
    for (var each : list) into.add(List.of(each.asText().split("/", 2)).getFirst());
  }
}
