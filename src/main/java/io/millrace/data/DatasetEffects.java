package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.pipelines.Effect;
import io.millrace.pipelines.EffectOwner;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes effects of kind {@code register_data} true: that a directory is the current version of a
 * dataset.
 */
public final class DatasetEffects implements EffectOwner {
  private static final String KIND = "register_data";

  private final Datasets datasets;
  private final Artifacts artifacts;

  public DatasetEffects(Datasets datasets, Artifacts artifacts) {
    this.datasets = datasets;
    this.artifacts = artifacts;
  }

  static Effect of(String name, Digest data) {
    return new Effect(KIND, Json.object().put("name", name).put("data", data.hex()));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
    return datasets
        .current(snapshot, name(effect))
        .filter(current -> current.digest().equals(data(effect)))
        .map(DatasetEffects::outputs);
  }

  /** Looks at the rows; Conflict where a project's files say what the dataset is. */
  @Override
  public Object prepare(Effect effect) {
    var name = name(effect);
    datasets.database().read(s -> datasets.unowned(s, name));
    var data = data(effect);
    var files = new TreeMap<String, Digest>();
    artifacts.manifest(data).entries().forEach((path, entry) -> files.put(path, entry.digest()));
    long bytes = files.values().stream().mapToLong(artifacts::size).sum();
    try (var engine = datasets.engine()) {
      var relation = datasets.relation(data);
      var columns = engine.columns(relation);
      columns.forEach(column -> Ingest.checkType(name, column));
      long rows = engine.number("select count(*) from " + relation);
      return new Datasets.Prepared(name, files, data, data, rows, bytes, columns);
    }
  }

  @Override
  public Map<String, JsonNode> apply(
      Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
    var ready = (Datasets.Prepared) prepared;
    datasets.unowned(tx, ready.name());
    return outputs(
        datasets
            .publish(tx, ready, null, version -> datasets.made(tx, execution, version))
            .version());
  }

  private static Map<String, JsonNode> outputs(DatasetVersion version) {
    return Map.of("version", TextNode.valueOf(version.id()));
  }

  private static String name(Effect effect) {
    return effect.content().path("name").asText();
  }

  private static Digest data(Effect effect) {
    return new Digest(effect.content().path("data").asText());
  }
}
