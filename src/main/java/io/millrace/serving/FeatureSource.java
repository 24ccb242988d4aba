package io.millrace.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an endpoint looks up inputs of its model that a request leaves out.
 *
 * @param dataset NAME, its newest version when the endpoint is made ready, or NAME/NUMBER
 * @param keys the columns that name what a row is about, which a request gives
 * @param time the column of times by which the newest row of a key is taken; where it is null, a
 *     key has one row
 */
public record FeatureSource(String dataset, List<String> keys, @Nullable String time) {
  private static final List<String> KEYS = List.of("dataset", "keys", "time");
  private static final int MOST_KEYS = 10;

  public FeatureSource {
    keys = List.copyOf(keys);
    if (keys.isEmpty() || keys.size() > MOST_KEYS)
      throw new InvalidInput(
          "features.keys", keys.size() + " columns", "1 to %d columns".formatted(MOST_KEYS));
    if (new HashSet<>(keys).size() < keys.size())
      throw new InvalidInput("features.keys", keys.toString(), "each column once");
    if (time != null && keys.contains(time))
      throw new InvalidInput("features.time", time, "a column that is no key");
  }

  static @Nullable FeatureSource of(@Nullable JsonNode said) {
    if (said == null || said.isNull()) return null;
    if (!said.isObject())
      throw new InvalidInput(
          "features", said.toString(), "{ dataset: NAME, keys: [COLUMN, ...], time: COLUMN }");
    Fields.object(said, KEYS);
    return new FeatureSource(
        Fields.text(said, "dataset"),
        Fields.texts(said, "keys"),
        said.has("time") ? Fields.text(said, "time") : null);
  }

  ObjectNode json() {
    var json = Json.object().put("dataset", dataset);
    json.set("keys", Json.tree(keys));
    if (time != null) json.put("time", time);
    return json;
  }
}
