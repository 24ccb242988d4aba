package io.millrace.metadata;

/** The id of an execution. */
public record ExecutionId(long value) {}
