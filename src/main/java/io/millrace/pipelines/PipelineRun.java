package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a pipeline.
 *
 * @param outcome what it came to in a few words, such as {@code kept champion}, where a step said
 *     so
 * @param error the first failure
 * @param group the concurrency group, of which one run is at work at a time
 */
public record PipelineRun(
    String id,
    String pipeline,
    RunState state,
    @Nullable String outcome,
    @Nullable String error,
    @Nullable String group,
    JsonNode params,
    Instant startedAt,
    @Nullable Instant endedAt,
    List<StepRun> steps) {
  public PipelineRun {
    steps = List.copyOf(steps);
  }

  /** The same run with these as its steps. */
  PipelineRun with(List<StepRun> others) {
    return new PipelineRun(
        id, pipeline, state, outcome, error, group, params, startedAt, endedAt, others);
  }

  /** The step of that name, which must be there. */
  public StepRun step(String name) {
    return steps.stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new io.millrace.base.NotFound("step", name));
  }
}
