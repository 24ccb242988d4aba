package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;

/** Something a step wants to become true, as a plain value: register a version, deploy it. */
public record Effect(String kind, JsonNode content) {}
