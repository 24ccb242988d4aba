package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A parameter of a pipeline; without a default it must be given with each run. */
public record Param(
    String name, ParamType type, @Nullable JsonNode otherwise, @Nullable String description) {}
