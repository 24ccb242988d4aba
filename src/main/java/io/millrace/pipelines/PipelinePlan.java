package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the next run of a pipeline would do, and what stands on its results.
 *
 * @param touches models, endpoints, KPIs and owners, where anything may run
 */
public record PipelinePlan(
    String pipeline, String project, List<StepPlan> steps, List<Touched> touches) {
  public PipelinePlan {
    steps = List.copyOf(steps);
    touches = List.copyOf(touches);
  }

  /**
   * Something that stands on the results.
   *
   * @param kind model, endpoint, kpi or owner
   * @param share of its traffic that an endpoint gives to the model, 0 to 1
   * @param because the chain of reasons, the first cause first
   */
  public record Touched(
      String kind, String name, @Nullable Double share, String detail, List<String> because) {
    public Touched {
      because = List.copyOf(because);
    }
  }

  /** Of the steps that must run, as far as they ever ran. */
  @JsonProperty
  public double seconds() {
    return seconds(false);
  }

  /** With those that may run. */
  @JsonProperty
  public double mostSeconds() {
    return seconds(true);
  }

  private double seconds(boolean all) {
    return steps.stream()
        .filter(s -> all ? s.verdict().mayRun() : s.verdict() == Verdict.MUST_RUN)
        .map(StepPlan::seconds)
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .sum();
  }
}
