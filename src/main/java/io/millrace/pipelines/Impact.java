package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What a change of something would make run, and what stands on that.
 *
 * @param pipelines those with a step that it reaches, and of each only such steps
 */
public record Impact(String node, List<PipelinePlan> pipelines) {
  public Impact {
    pipelines = List.copyOf(pipelines);
  }

  /** Of what must run, as far as it ever ran. */
  @JsonProperty
  public double seconds() {
    return pipelines.stream().mapToDouble(PipelinePlan::seconds).sum();
  }

  /** With what may run. */
  @JsonProperty
  public double mostSeconds() {
    return pipelines.stream().mapToDouble(PipelinePlan::mostSeconds).sum();
  }
}
