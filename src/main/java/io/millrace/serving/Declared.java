package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.registry.ModelVersion;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint shall answer, all of it: what takes long is done when it is made, the rest is
 * written as part of a transaction. To be closed if nothing is written.
 */
public final class Declared implements AutoCloseable {
  private final Tools tools;
  private final EndpointName name;
  private final ObjectNode said;
  private final @Nullable ModelVersion version;
  private final Before before;
  private final @Nullable Readied readied;
  private static final EndpointStore STORE = new EndpointStore();
  private static final EndpointStateStore STATES = new EndpointStateStore();

  /** Where it is done. */
  public record Tools(Endpoints endpoints, Database database, Clock clock) {}

  private record Before(Optional<Deployment> deployment, ObjectNode said) {}

  private Declared(
      Tools tools,
      EndpointName name,
      ObjectNode said,
      @Nullable ModelVersion version,
      Before before,
      @Nullable Readied readied) {
    this.tools = tools;
    this.name = name;
    this.said = said;
    this.version = version;
    this.before = before;
    this.readied = readied;
  }

  /**
   * Loads and tries what shall serve, where that or the settings change.
   *
   * @param said all settings that are not as usual
   * @param version to be put in service; null leaves what serves
   */
  public static Declared prepare(
      Tools tools, EndpointName name, ObjectNode said, @Nullable ModelVersion version) {
    var before =
        tools.database().read(s -> new Before(STORE.find(s, name), STATES.settings(s, name)));
    var settings = EndpointSettings.of(said);
    var endpoints = tools.endpoints();
    @Nullable Readied readied = null;
    if (version != null) readied = endpoints.prepare(name, version, settings, false);
    else if (before.deployment().isPresent()
        && (!EndpointSettings.of(before.said()).equals(settings)
            || tools.database().read(s -> endpoints.newerFeatures(s, name).isPresent())))
      readied = endpoints.ready(before.deployment().get().packageDigest(), settings);
    return new Declared(tools, name, said, version, before, readied);
  }

  /** Conflict if somebody changed the endpoint since it was prepared. */
  public void apply(Transaction tx) {
    if (!STORE.find(tx, name).equals(before.deployment())
        || !STATES.settings(tx, name).equals(before.said())) throw Endpoints.changed(name);
    if (!said.equals(before.said()) || before.deployment().isEmpty()) {
      STORE.insert(tx, name, tools.clock().instant());
      STATES.settings(tx, name, said, tools.clock().instant());
      tools.endpoints().note(tx, name, "configure", "set endpoint %s to %s".formatted(name, said));
    }
    if (readied == null) return;
    if (version == null) tools.endpoints().putAfter(tx, before.deployment().orElseThrow(), readied);
    else tools.endpoints().deploy(tx, name, version, readied, Json.object());
  }

  @Override
  public void close() {
    if (readied != null) readied.close();
  }
}
