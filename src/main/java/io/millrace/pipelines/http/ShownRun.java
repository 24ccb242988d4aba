package io.millrace.pipelines.http;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.millrace.pipelines.Firing;
import io.millrace.pipelines.PipelineRun;
import org.jspecify.annotations.Nullable;

/**
 * A run, and what began it.
 *
 * @param trigger null where somebody started it
 */
public record ShownRun(@JsonUnwrapped PipelineRun run, @Nullable Firing trigger) {}
