package io.millrace.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Database;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.pipelines.Effect;
import io.millrace.pipelines.EffectOwner;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.VersionId;
import java.util.Map;
import java.util.Optional;

/**
 * Makes deployments of pipelines true. One stands only while the endpoint serves that very version.
 */
public final class DeployEffects implements EffectOwner {
  private final Database database;
  private final ModelRegistry registry;
  private final Endpoints endpoints;

  /**
   * A version made ready. Closing it gives it up; a deployment that came true closes it itself,
   * later.
   */
  private record Prepared(ModelVersion version, Readied readied) implements AutoCloseable {
    @Override
    public void close() {
      readied.close();
    }
  }

  public DeployEffects(Database database, ModelRegistry registry, Endpoints endpoints) {
    this.database = database;
    this.registry = registry;
    this.endpoints = endpoints;
  }

  @Override
  public String kind() {
    return DeployComponent.KIND;
  }

  @Override
  public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
    return endpoints
        .serves(snapshot, endpoint(effect))
        .filter(version(effect)::equals)
        .map(_ -> outputs(effect));
  }

  @Override
  public Object prepare(Effect effect) {
    var found = database.read(s -> registry.version(s, version(effect)));
    return new Prepared(found, endpoints.prepare(endpoint(effect), found, false));
  }

  @Override
  public Map<String, JsonNode> apply(
      Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
    var ready = (Prepared) prepared;
    endpoints.deploy(tx, endpoint(effect), ready.version(), ready.readied(), execution);
    return outputs(effect);
  }

  private static Map<String, JsonNode> outputs(Effect effect) {
    return Map.of("endpoint", TextNode.valueOf(endpoint(effect).value()));
  }

  private static EndpointName endpoint(Effect effect) {
    return new EndpointName(effect.content().path("endpoint").asText());
  }

  private static VersionId version(Effect effect) {
    return VersionId.parse(effect.content().path("version").asText());
  }
}
