package io.millrace.pipelines;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened in a run, in the order of seq.
 *
 * @param step null where it concerns the run
 * @param type state, progress or warning
 * @param share of the step that is done, 0 to 1, where known
 */
public record RunEvent(
    long seq,
    Instant at,
    @Nullable String step,
    String type,
    String message,
    @Nullable Double share) {}
