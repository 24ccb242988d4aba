package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.models.Models;
import io.millrace.pipelines.Effect;
import io.millrace.pipelines.EffectOwner;
import java.util.Map;
import java.util.Optional;

/**
 * Makes effects of kind {@code register} true: that a package is a version of a registered model.
 */
public final class RegisterEffect implements EffectOwner {
  static final String KIND = "register";

  private final ModelRegistry registry;
  private final Models models;

  public RegisterEffect(ModelRegistry registry, Models models) {
    this.registry = registry;
    this.models = models;
  }

  static Effect of(ModelName name, Digest packageDigest) {
    return new Effect(
        KIND, Json.object().put("name", name.value()).put("package", packageDigest.hex()));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
    return registry
        .findVersion(snapshot, name(effect), packageDigest(effect))
        .map(RegisterEffect::outputs);
  }

  /** Loads a package, which replays its golden rows; of a model in Python the files are checked. */
  @Override
  public Object prepare(Effect effect) {
    var digest = packageDigest(effect);
    models.verify(name(effect).value(), digest);
    return digest;
  }

  @Override
  public Map<String, JsonNode> apply(
      Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
    return outputs(
        registry.register(tx, name(effect), packageDigest(effect), "pipeline", execution));
  }

  private static Map<String, JsonNode> outputs(ModelVersion version) {
    return Map.of("version", TextNode.valueOf(version.id().toString()));
  }

  private static ModelName name(Effect effect) {
    return new ModelName(effect.content().path("name").asText());
  }

  private static Digest packageDigest(Effect effect) {
    return new Digest(effect.content().path("package").asText());
  }
}
