package io.millrace.experiments;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work whose parameters and metrics are kept.
 *
 * @param number what the tables know it by
 * @param experiment the experiment's id
 * @param artifacts the root of its files, as a URI that clients resolve
 */
public record Run(
    long number,
    RunId id,
    long experiment,
    String name,
    String user,
    Status status,
    String artifacts,
    @Nullable Origin origin) {

  public record Status(
      RunState state, Lifecycle lifecycle, Instant startedAt, @Nullable Instant endedAt) {}

  /** The pipeline's run and the step that opened it. */
  public record Origin(String pipelineRun, String step) {}

  public boolean isActive() {
    return status.lifecycle() == Lifecycle.ACTIVE;
  }
}
