package io.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that was done: a step's attempt, an import, a deployment. */
public record Execution(
    ExecutionId id,
    String kind,
    String name,
    ExecutionState state,
    JsonNode properties,
    Instant startedAt,
    @Nullable Instant endedAt) {}
