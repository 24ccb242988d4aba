package io.millrace.pipelines;

import java.util.List;

/** A pipeline as people see it. */
public record PipelineSummary(
    String name, String project, String path, List<Param> params, List<StepSummary> steps) {
  public PipelineSummary {
    params = List.copyOf(params);
    steps = List.copyOf(steps);
  }

  public record StepSummary(String name, String uses, List<String> needs) {
    public StepSummary {
      needs = List.copyOf(needs);
    }
  }

  static PipelineSummary of(PipelineDefinition pipeline, String project) {
    return new PipelineSummary(
        pipeline.name(),
        project,
        pipeline.path(),
        List.copyOf(pipeline.params().values()),
        pipeline.steps().values().stream()
            .map(s -> new StepSummary(s.id(), s.component(), List.copyOf(s.needs().keySet())))
            .toList());
  }
}
