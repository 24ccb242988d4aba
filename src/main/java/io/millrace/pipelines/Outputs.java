package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** What a step gave: artifacts and plain values, by output name. */
public record Outputs(Map<String, ArtifactRef> artifacts, Map<String, JsonNode> values) {
  static final Outputs NONE = new Outputs(Map.of(), Map.of());

  public Outputs {
    artifacts = Map.copyOf(artifacts);
    values = Map.copyOf(values);
  }
}
