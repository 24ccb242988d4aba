package io.millrace.experiments;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work whose parameters and metrics are kept.
 *
 * @param pipelineRun the pipeline's run and
 * @param step the step that opened it, where one did
 */
public record Run(
    RunId id,
    String experiment,
    String name,
    RunState state,
    @Nullable String pipelineRun,
    @Nullable String step,
    Instant startedAt,
    @Nullable Instant endedAt) {}
