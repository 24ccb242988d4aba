package io.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A thing that executions read or make. Type, name and digest together are its identity; properties
 * are what was known when it was first seen.
 *
 * @param digest of its content, where it has one
 */
public record Artifact(
    ArtifactId id,
    ArtifactType type,
    @Nullable Digest digest,
    String name,
    JsonNode properties,
    Instant createdAt) {}
