package io.millrace.pipelines;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A pipeline as people see it.
 *
 * @param inputs the types of what steps that use it must give it beside parameters
 * @param outputs what it gives these
 * @param used the files of the pipelines that its steps use, whose steps are among its own
 */
public record PipelineSummary(
    String name,
    String project,
    String path,
    List<Param> params,
    Map<String, String> inputs,
    List<String> outputs,
    List<String> used,
    List<StepSummary> steps) {
  public PipelineSummary {
    params = List.copyOf(params);
    inputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    outputs = List.copyOf(outputs);
    used = List.copyOf(used);
    steps = List.copyOf(steps);
  }

  public record StepSummary(String name, String uses, List<String> needs) {
    public StepSummary {
      needs = List.copyOf(needs);
    }
  }

  static PipelineSummary of(PipelineDefinition pipeline, String project) {
    var inputs = new LinkedHashMap<String, String>();
    pipeline.ports().inputs().forEach((name, type) -> inputs.put(name, type.text()));
    return new PipelineSummary(
        pipeline.name(),
        project,
        pipeline.path(),
        List.copyOf(pipeline.params().values()),
        inputs,
        List.copyOf(pipeline.ports().outputs().keySet()),
        List.copyOf(pipeline.used()),
        pipeline.steps().values().stream()
            .map(s -> new StepSummary(s.id(), s.component(), List.copyOf(s.needs().keySet())))
            .toList());
  }
}
