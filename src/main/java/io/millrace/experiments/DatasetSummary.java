package io.millrace.experiments;

import org.jspecify.annotations.Nullable;

/** A dataset that runs of an experiment read, and as what. */
public record DatasetSummary(
    long experiment, String name, String digest, @Nullable String context) {}
