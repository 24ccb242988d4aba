package io.millrace.serving;

import io.millrace.artifacts.References;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.models.LoadedModel;
import io.millrace.models.Models;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.VersionId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What is served here. A version is loaded, its golden rows replayed, before anything is written;
 * the swap in memory follows the commit, and requests under way keep the model they began with.
 * Thread-safe.
 */
public final class Endpoints implements AutoCloseable, References {
  private static final Logger LOG = System.getLogger(Endpoints.class.getName());

  private final Database database;
  private final Metadata metadata;
  private final ModelRegistry registry;
  private final Models models;
  private final Clock clock;
  private final EndpointStore store = new EndpointStore();

  /**
   * The models in service; changed only after commits, which come one by one, and at start and end.
   */
  private final ConcurrentMap<EndpointName, ServedModel> served = new ConcurrentHashMap<>();

  /** Why an endpoint of the database is not served. */
  private final ConcurrentMap<EndpointName, String> broken = new ConcurrentHashMap<>();

  public Endpoints(
      Database database, Metadata metadata, ModelRegistry registry, Models models, Clock clock) {
    this.database = database;
    this.metadata = metadata;
    this.registry = registry;
    this.models = models;
    this.clock = clock;
  }

  /**
   * Loads what the endpoints served before. A model that cannot be loaded leaves its endpoint not
   * ready.
   */
  public void restore() {
    for (var deployment : database.read(store::list)) {
      try {
        put(new ServedModel(deployment, models.load(deployment.packageDigest())));
      } catch (RuntimeException e) {
        var reason = e instanceof Failure ? String.valueOf(e.getMessage()) : e.toString();
        broken.put(deployment.endpoint(), reason);
        LOG.log(
            Level.ERROR,
            "endpoint=%s version=%s not served: %s"
                .formatted(deployment.endpoint(), deployment.version(), reason));
      }
    }
  }

  /**
   * Serves a version at an endpoint, which is made if it does not exist; returns when it answers.
   *
   * @param model NAME (its newest version), NAME/VERSION or NAME@ALIAS, resolved now
   */
  public Endpoint deploy(EndpointName name, String model) {
    var found = database.read(s -> registry.resolve(s, model));
    var loaded = models.load(found.packageDigest());
    try {
      return database.write(tx -> {
        var execution =
            metadata.begin(
                tx, "deploy", "deploy %s to %s".formatted(found.id(), name), Json.object());
        var deployment = deploy(tx, name, found, loaded, execution);
        metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
        return new Endpoint(deployment, new Endpoint.Ready());
      });
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
  }

  /** Writes the deployment as part of the execution, and serves the model once that is durable. */
  Deployment deploy(
      Transaction tx,
      EndpointName name,
      ModelVersion found,
      LoadedModel loaded,
      ExecutionId execution) {
    var deployment = store.insert(tx, name, found, execution, clock.instant());
    registry.setAlias(tx, found.id(), Alias.CHAMPION);
    metadata.input(tx, execution, registry.artifact(tx, found), "version");
    metadata.output(
        tx,
        execution,
        metadata.artifact(tx, ArtifactType.ENDPOINT, null, name.value(), Json.object()),
        "endpoint");
    tx.afterCommit(() -> put(new ServedModel(deployment, loaded)));
    return deployment;
  }

  /** Takes the endpoint out of service; its history and the model stay. */
  public void delete(EndpointName name) {
    database.writing(tx -> {
      var deployment = store.find(tx, name).orElseThrow(() -> missing(tx, name));
      store.delete(tx, name, clock.instant());
      var execution =
          metadata.begin(
              tx,
              "delete",
              "delete endpoint " + name,
              Json.object().put("served", deployment.version().toString()));
      metadata.input(
          tx,
          execution,
          metadata.artifact(tx, ArtifactType.ENDPOINT, null, name.value(), Json.object()),
          "endpoint");
      metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
      tx.afterCommit(() -> remove(name));
    });
  }

  public List<Endpoint> list() {
    return database.read(store::list).stream().map(this::standing).toList();
  }

  public Endpoint endpoint(EndpointName name) {
    return standing(database.read(s -> store.find(s, name).orElseThrow(() -> missing(s, name))));
  }

  /** What the endpoint served, the newest first. */
  public List<Deployment> history(EndpointName name) {
    return database.read(s -> store.history(s, name));
  }

  /** What the endpoints that are out of service served last, by name. */
  List<Deployment> retired() {
    return database.read(store::retired);
  }

  /** The endpoints that serve the version now, each in a sentence. */
  public List<String> usersOf(Snapshot s, VersionId version) {
    return store.list(s).stream()
        .filter(deployment -> deployment.version().equals(version))
        .map(deployment -> "endpoint %s serves it".formatted(deployment.endpoint()))
        .toList();
  }

  /** The deployments of any version of the model that stand now. */
  public List<Deployment> serving(Snapshot s, ModelName model) {
    return store.list(s).stream()
        .filter(deployment -> deployment.version().model().equals(model))
        .toList();
  }

  /** The version that the endpoint serves now. */
  Optional<VersionId> serves(Snapshot s, EndpointName name) {
    var live = served.get(name);
    return store
        .find(s, name)
        .filter(deployment -> live != null && live.deployment().id() == deployment.id())
        .map(Deployment::version);
  }

  /**
   * The endpoint's model for one request; the caller closes the lease.
   *
   * @throws NotFound if there is no such endpoint
   * @throws Unavailable if its model could not be loaded
   */
  public Lease lease(EndpointName name) {
    while (true) {
      var model = served.get(name);
      if (model == null) throw absent(name);
      var lease = model.lease();
      if (lease.isPresent()) return lease.get();
      // Retired between the two lines above: another stands in its place, or none.
      Thread.onSpinWait();
    }
  }

  private Failure absent(EndpointName name) {
    var reason = broken.get(name);
    if (reason != null)
      return new Unavailable("endpoint %s is not ready: %s".formatted(name, reason));
    return database.read(s -> missing(s, name));
  }

  private NotFound missing(Snapshot s, EndpointName name) {
    var names = store.list(s).stream().map(deployment -> deployment.endpoint().value()).toList();
    return new NotFound(
        "no endpoint \"%s\"%s".formatted(name, Names.suggestion(name.value(), names)));
  }

  private Endpoint standing(Deployment deployment) {
    var reason = broken.get(deployment.endpoint());
    return new Endpoint(
        deployment, reason == null ? new Endpoint.Ready() : new Endpoint.NotReady(reason));
  }

  private void put(ServedModel model) {
    var name = model.deployment().endpoint();
    retire(served.put(name, model));
    broken.remove(name);
    LOG.log(
        Level.INFO, "endpoint=%s version=%s serves".formatted(name, model.deployment().version()));
  }

  private void remove(EndpointName name) {
    retire(served.remove(name));
    broken.remove(name);
  }

  private static void retire(@Nullable ServedModel model) {
    if (model != null) model.retire();
  }

  /** Takes everything out of service; requests under way still get their answers. */
  @Override
  public void close() {
    List.copyOf(served.keySet()).forEach(this::remove);
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return store.packages(s);
  }
}
