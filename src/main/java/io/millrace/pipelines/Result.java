package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step came to.
 *
 * @param artifacts outputs by name; their blobs are already in the artifact store
 * @param values plain outputs by name; outputs that an effect gives are left out
 * @param effects what is to become true in the same transaction as the step's end, in this order
 * @param summary small facts for people, such as rows and nulls, shown with the step in this order,
 *     never read by other steps; the fact "outcome" is what the run came to, as far as this step
 *     can tell: the last step that says it counts
 */
public record Result(
    Map<String, ArtifactRef> artifacts,
    Map<String, JsonNode> values,
    List<Effect> effects,
    Map<String, JsonNode> summary) {
  public Result {
    artifacts = Map.copyOf(artifacts);
    values = Map.copyOf(values);
    effects = List.copyOf(effects);
    summary = Collections.unmodifiableMap(new LinkedHashMap<>(summary));
  }
}
