package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What steps came to, by key (table cache_entry). An entry whose blobs are not all here is no
 * entry.
 */
final class StepCache {
  private final Artifacts artifacts;

  StepCache(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  Optional<Result> find(Snapshot s, Digest key) {
    return s.query("select result from cache_entry where step_key = :key")
        .bind("key", key.hex())
        .mapTo(String.class)
        .findOne()
        .map(StepCache::read);
  }

  /** Whether every artifact is still in the store, whole. */
  boolean isWhole(Result result) {
    return result.artifacts().values().stream().allMatch(this::isWhole);
  }

  boolean isWhole(ArtifactRef ref) {
    if (!artifacts.contains(ref.digest())) return false;
    if (!ref.type().isDirectory()) return true;
    try {
      return artifacts.manifest(ref.digest()).entries().values().stream()
          .allMatch(e -> artifacts.contains(e.digest()) && artifacts.size(e.digest()) == e.size());
    } catch (Failure e) {
      return false;
    }
  }

  void replace(
      Transaction tx,
      Digest key,
      String component,
      Result result,
      String run,
      String step,
      Instant now) {
    tx.update(
            """
            insert into cache_entry (step_key, component, result, run, step, created_at) values (:key, :component, :result, :run, :step, :now)
            on conflict (step_key) do update set result = excluded.result, run = excluded.run, step = excluded.step, created_at = excluded.created_at
            """)
        .bind("key", key.hex())
        .bind("component", component)
        .bind("result", write(result).toString())
        .bind("run", run)
        .bind("step", step)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  private static ObjectNode write(Result result) {
    var json = Json.object();
    ArtifactRef.write(result.artifacts(), json.putObject("artifacts"));
    json.putObject("values").setAll(result.values());
    var effects = json.putArray("effects");
    result
        .effects()
        .forEach(effect ->
            effects.addObject().put("kind", effect.kind()).set("content", effect.content()));
    json.putObject("summary").setAll(result.summary());
    return json;
  }

  private static Result read(String text) {
    var json = Json.parse(text);
    var refs = new HashMap<String, ArtifactRef>();
    json.path("artifacts")
        .properties()
        .forEach(e ->
            refs.put(
                e.getKey(),
                new ArtifactRef(
                    ValueType.valueOf(e.getValue().path("type").asText()),
                    new Digest(e.getValue().path("digest").asText()))));
    var effects = new ArrayList<Effect>();
    json.path("effects")
        .forEach(e -> effects.add(new Effect(e.path("kind").asText(), e.path("content"))));
    return new Result(refs, values(json.path("values")), effects, values(json.path("summary")));
  }

  private static Map<String, JsonNode> values(JsonNode object) {
    var values = new LinkedHashMap<String, JsonNode>();
    object.properties().forEach(e -> values.put(e.getKey(), e.getValue()));
    return values;
  }
}
