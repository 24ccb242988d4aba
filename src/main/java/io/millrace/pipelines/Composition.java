package io.millrace.pipelines;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pipeline with those that its steps use: their steps become steps of the one run, called
 * STEP/INNER. A run keeps the files of its project as they were, so it is always read the same.
 */
final class Composition {
  /** How deep pipelines may use each other. */
  static final int DEEPEST = 8;

  private final Map<String, String> texts;
  private final Map<String, PipelineDefinition> read = new HashMap<>();
  private int steps;

  private Composition(Map<String, String> texts) {
    this.texts = texts;
  }

  /** InvalidInput with its place if there is no such pipeline, or it cannot be used so. */
  static PipelineDefinition read(String path, Map<String, String> texts) {
    return read(path, texts.getOrDefault(path, ""), texts);
  }

  /**
   * @param text of that path
   * @param texts of the project
   */
  static PipelineDefinition read(String path, String text, Map<String, String> texts) {
    var outermost = PipelineParser.parse(path, text);
    if (outermost.steps().values().stream().noneMatch(Ports::isUse)) return outermost;
    var frame = Frame.outermost(outermost);
    new Composition(texts).use(frame, new ArrayList<>(List.of(path)));
    var steps = new LinkedHashMap<String, StepDefinition>();
    var parts = new LinkedHashMap<String, PipelineDefinition.Part>();
    frame.collect(steps, parts);
    var outputs = new LinkedHashMap<String, Template>();
    outermost.ports().outputs().forEach((name, value) -> outputs.put(name, frame.seen(value)));
    return outermost.with(steps, new Ports(outermost.ports().inputs(), outputs), parts);
  }

  private void use(Frame frame, List<String> path) {
    for (var step : frame.pipeline().steps().values()) {
      if (!Ports.isUse(step)) {
        steps++;
        if (steps > PipelineParser.MOST_STEPS)
          throw step.place()
              .invalid(
                  "more than %d steps with those of the pipelines that are used; a pipeline has at most %d"
                      .formatted(PipelineParser.MOST_STEPS, PipelineParser.MOST_STEPS));
        continue;
      }
      var used = used(step, path);
      Ports.check(step, used);
      path.add(used.path());
      try {
        use(frame.add(step, used), path);
      } catch (InvalidInput e) {
        throw Frame.used(e, step);
      }
      path.removeLast();
    }
  }

  private PipelineDefinition used(StepDefinition step, List<String> path) {
    var uses = step.uses();
    var file = uses.text().substring(2);
    var known =
        texts.keySet().stream().filter(PipelineKind::isPipeline).map(f -> "./" + f).toList();
    if (!known.contains(uses.text()))
      throw uses.invalid(
          "the project has no pipeline \"%s\"%s"
              .formatted(uses.text(), Names.suggestion(uses.text(), known)));
    if (path.contains(file)) {
      var circle = new ArrayList<>(path.subList(path.indexOf(file), path.size()));
      circle.add(file);
      throw uses.invalid(
          "the pipelines use each other in a circle: %s; remove one of these uses"
              .formatted(String.join(" uses ", circle)));
    }
    if (path.size() > DEEPEST)
      throw uses.invalid(
          "pipelines use each other more than %d deep: %s; use one of them directly"
              .formatted(DEEPEST, String.join(" uses ", path)));
    var before = read.get(file);
    if (before != null) return before;
    try {
      var parsed = PipelineParser.parse(file, texts.getOrDefault(file, ""));
      read.put(file, parsed);
      return parsed;
    } catch (InvalidInput e) {
      throw Frame.used(e, step);
    }
  }
}
