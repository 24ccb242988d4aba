package io.millrace.pipelines;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a step.
 *
 * @param number from 1
 * @param error why it did not finish
 * @param errorClass what kind of failure that was, in the words of {@code retry}
 * @param execution its number in the metadata graph
 */
public record StepAttempt(
    int number,
    StepState state,
    @Nullable String error,
    @Nullable String errorClass,
    long execution,
    Instant startedAt,
    @Nullable Instant endedAt) {}
