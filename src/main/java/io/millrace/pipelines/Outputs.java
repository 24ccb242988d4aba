package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a step gave: artifacts and plain values, by output name.
 *
 * @param instances what each of its instances gave, in their order, of a step that has some
 */
public record Outputs(
    Map<String, ArtifactRef> artifacts, Map<String, JsonNode> values, List<Outputs> instances) {
  static final Outputs NONE = new Outputs(Map.of(), Map.of());

  public Outputs {
    artifacts = Map.copyOf(artifacts);
    values = Map.copyOf(values);
    instances = List.copyOf(instances);
  }

  Outputs(Map<String, ArtifactRef> artifacts, Map<String, JsonNode> values) {
    this(artifacts, values, List.of());
  }

  /** What a step with these outputs gave when it was written down; nothing if that is null. */
  static Outputs read(Collection<Component.Output> declared, @Nullable JsonNode written) {
    if (written == null) return NONE;
    var artifacts = new HashMap<String, ArtifactRef>();
    var values = new HashMap<String, JsonNode>();
    var types = new HashMap<String, ValueType>();
    declared.forEach(output -> types.put(output.name(), output.type()));
    for (var output : written.properties()) {
      var type = types.get(output.getKey());
      if (type == null || !type.isArtifact()) values.put(output.getKey(), output.getValue());
      else
        artifacts.put(
            output.getKey(),
            new ArtifactRef(type, new Digest(output.getValue().path("digest").asText())));
    }
    return new Outputs(artifacts, values);
  }
}
