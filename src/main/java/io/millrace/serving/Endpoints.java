package io.millrace.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.artifacts.References;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.Niceness;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import io.millrace.models.OnnxSession;
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
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is served here. A version is loaded, its golden rows and what its endpoint was asked lately
 * are replayed, before anything is written; the swap in memory follows the commit, and requests
 * under way keep the model they began with. Thread-safe.
 */
public final class Endpoints implements AutoCloseable, References {
  private static final Logger LOG = System.getLogger(Endpoints.class.getName());

  private final Database database;
  private final Metadata metadata;
  private final ModelRegistry registry;
  private final Models models;
  private final Clock clock;
  private final EndpointStore store = new EndpointStore();
  private final EndpointStateStore states = new EndpointStateStore();
  private final EndpointFileStore files = new EndpointFileStore();
  private final EndpointMeters.All meters;
  private final Crew crew = new Crew();
  private volatile FeatureLookup.@Nullable Sources sources;

  /**
   * The models in service; changed only after commits, which come one by one, and at start and end.
   */
  private final ConcurrentMap<EndpointName, ServedModel> served = new ConcurrentHashMap<>();

  private volatile RecentRequests recent = _ -> List.of();

  /** Why an endpoint of the database is not served. */
  private final ConcurrentMap<EndpointName, String> broken = new ConcurrentHashMap<>();

  public Endpoints(
      Database database,
      Metadata metadata,
      ModelRegistry registry,
      Models models,
      MeterRegistry meterRegistry,
      Clock clock) {
    this.meters = new EndpointMeters.All(meterRegistry);
    this.database = database;
    this.metadata = metadata;
    this.registry = registry;
    this.models = models;
    this.clock = clock;
  }

  /** Tries versions on these requests before they are deployed, from now on. */
  public void replay(RecentRequests requests) {
    recent = requests;
  }

  /**
   * Loads what the endpoints served before; one whose model cannot be loaded is not ready. Models
   * that start a process are loaded while the server answers already, and are ready then.
   */
  public void restore() {
    for (var deployment : database.read(store::list)) {
      try {
        if (models.startsProcess(deployment.packageDigest())) {
          broken.put(deployment.endpoint(), "its model is being loaded");
          Thread.startVirtualThread(() -> restoreLater(deployment));
        } else put(deployment, prepare(deployment.endpoint(), deployment.packageDigest()));
      } catch (RuntimeException e) {
        notServed(deployment, e);
      }
    }
  }

  /** Unless something else was deployed meanwhile. */
  private void restoreLater(Deployment deployment) {
    try {
      written(
          prepare(deployment.endpoint(), deployment.packageDigest()),
          (tx, readied) -> {
            stillServes(tx, deployment);
            tx.afterCommit(() -> put(deployment, readied));
            return deployment;
          });
    } catch (Conflict e) {
      LOG.log(Level.INFO, e.getMessage());
    } catch (RuntimeException e) {
      if (database.read(s -> store.find(s, deployment.endpoint())).equals(Optional.of(deployment)))
        notServed(deployment, e);
    }
  }

  private void notServed(Deployment deployment, RuntimeException e) {
    var reason = e instanceof Failure ? String.valueOf(e.getMessage()) : e.toString();
    broken.put(deployment.endpoint(), reason);
    LOG.log(
        Level.ERROR,
        "endpoint=%s version=%s not served: %s"
            .formatted(deployment.endpoint(), deployment.version(), reason));
  }

  /** As the other, without force. */
  public Endpoint deploy(EndpointName name, String model) {
    return deploy(name, model, false);
  }

  /**
   * Serves a version at an endpoint, which is made if it does not exist; returns when it answers.
   *
   * @param model NAME (its newest version), NAME/VERSION or NAME@ALIAS, resolved now
   * @param force also one that fails on what the endpoint was asked lately
   */
  public Endpoint deploy(EndpointName name, String model, boolean force) {
    var found = database.read(s -> registry.resolve(s, model));
    var said = force ? Json.object().put("force", true) : Json.object();
    return written(
        prepare(name, found, force),
        (tx, readied) ->
            new Endpoint(deploy(tx, name, found, readied, said), new Endpoint.Ready()));
  }

  /** As an execution of its own, with these parameters. */
  Deployment deploy(
      Transaction tx, EndpointName name, ModelVersion found, Readied readied, ObjectNode said) {
    var execution =
        metadata.begin(tx, "deploy", "deploy %s to %s".formatted(found.id(), name), said);
    var deployment = deploy(tx, name, found, readied, execution);
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    return deployment;
  }

  /** As the other, as the endpoint's settings want it now. */
  Readied prepare(EndpointName name, ModelVersion version, boolean force) {
    return prepare(name, version, database.read(s -> settings(s, name)), force);
  }

  /**
   * Loads a version and tries it, also on what the endpoint was asked lately; the caller closes it.
   * Those who are answered meanwhile have the processors first.
   */
  Readied prepare(
      EndpointName name, ModelVersion version, EndpointSettings settings, boolean force) {
    return models.startsProcess(version.served())
        ? tried(name, version, settings, force)
        : Niceness.behind(() -> tried(name, version, settings, force));
  }

  private Readied tried(
      EndpointName name, ModelVersion version, EndpointSettings settings, boolean force) {
    var readied = ready(version.served(), settings);
    try {
      var replay = Replay.of(readied.model(), asked(name, readied.features()));
      if (!force) replay.refuseFailed(name, version.id());
      return readied.replayed(replay);
    } catch (RuntimeException | Error e) {
      readied.close();
      throw e;
    }
  }

  /** What the endpoint was asked lately, without keys that the model is not given. */
  private List<RecentRequests.Recorded> asked(EndpointName name, @Nullable Features features) {
    var requests = recent.of(name);
    return features == null
        ? requests
        : requests.stream()
            .map(request ->
                new RecentRequests.Recorded(request.id(), features.withoutKeys(request.inputs())))
            .toList();
  }

  /** Loads a version and tries it, as the endpoint's settings want it; the caller closes it. */
  Readied prepare(EndpointName name, Digest packageDigest) {
    return ready(packageDigest, database.read(s -> settings(s, name)));
  }

  /** Loads a version and tries it in that way; the caller closes it. */
  Readied ready(Digest packageDigest, EndpointSettings settings) {
    var threads = new OnnxSession.Settings(settings.threads(), 1);
    var model = models.predictor(packageDigest, threads, settings.timeout());
    try {
      var source = settings.features();
      var features =
          source == null
              ? null
              : Features.of(
                  sources().open(source, model.signature().inputNames()), model.signature());
      return new Readied(model, WarmUp.of(model), null, settings, features);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private FeatureLookup.Sources sources() {
    if (sources == null)
      throw new Unavailable("this server has no features to look up: leave \"features\" out");
    return sources;
  }

  /** Says who has the features that endpoints look up. */
  public void lookUpIn(FeatureLookup.Sources looked) {
    sources = looked;
  }

  /**
   * The features that it would look up were it made ready now, where those are others; FROM -> TO.
   */
  public Optional<String> newerFeatures(Snapshot s, EndpointName name) {
    var live = served.get(name);
    if (live == null || live.features() == null) return Optional.empty();
    var source = settings(s, name).features();
    var now = source == null ? null : sources().newest(s, source);
    var from = live.features().version();
    return now == null || now.equals(from)
        ? Optional.empty()
        : Optional.of("%s -> %s".formatted(from, now));
  }

  /** Whether there is nothing yet in what these settings would look up. */
  public boolean lacksFeatures(Snapshot s, EndpointSettings settings) {
    return settings.features() != null && sources().newest(s, settings.features()) == null;
  }

  /** Gives up what was made ready where nothing is written. */
  private <T> T written(Readied readied, BiFunction<Transaction, Readied, T> work) {
    try {
      return database.write(tx -> work.apply(tx, readied));
    } catch (RuntimeException | Error e) {
      readied.close();
      throw e;
    }
  }

  /** Writes the deployment as part of the execution, and serves the model once that is durable. */
  Deployment deploy(
      Transaction tx,
      EndpointName name,
      ModelVersion found,
      Readied readied,
      ExecutionId execution) {
    files.find(tx, name).ifPresent(file -> file.refuseOther(found.id()));
    if (states.withdrawn(tx, name).contains(found.id())) {
      throw new Conflict(
          "%s was rolled back from endpoint %s: lift that first, with `millrace endpoint lift %s %s`"
              .formatted(found.id(), name, name, found.id()));
    }
    if (!EndpointSettings.of(states.settings(tx, name)).equals(readied.settings()))
      throw changed(name);
    var deployment = store.insert(tx, name, found, execution, clock.instant());
    registry.setAlias(tx, found.id(), Alias.CHAMPION);
    metadata.input(tx, execution, registry.artifact(tx, found), "version");
    metadata.output(
        tx,
        execution,
        metadata.artifact(tx, ArtifactType.ENDPOINT, null, name.value(), Json.object()),
        "endpoint");
    tx.afterCommit(() -> put(deployment, readied));
    return deployment;
  }

  /**
   * Serves what the endpoint served before, and withdraws the version that it serves now: deploy
   * refuses that one there until it is lifted.
   */
  public Endpoint rollback(EndpointName name) {
    record Way(Deployment from, ModelVersion to) {}
    var way =
        database.read(s -> {
          var from = store.find(s, name).orElseThrow(() -> missing(s, name));
          var withdrawn = states.withdrawn(s, name);
          var to =
              store.history(s, name).stream()
                  .filter(d -> d.id() < from.id() && !d.version().equals(from.version()))
                  .filter(d -> !withdrawn.contains(d.version()))
                  .findFirst()
                  .orElseThrow(() ->
                      new Conflict(
                          "endpoint %s served nothing before %s that it could go back to: deploy another version with `millrace deploy %s --model NAME/VERSION`"
                              .formatted(name, from.version(), name)));
          return new Way(from, registry.version(s, to.version()));
        });
    return written(
        prepare(name, way.to(), true), // It has served here: nothing holds up a rollback.
        (tx, readied) -> {
          stillServes(tx, way.from());
          var what =
              "roll back %s from %s to %s".formatted(name, way.from().version(), way.to().id());
          var execution = metadata.begin(tx, "rollback", what, Json.object());
          states.withdraw(tx, name, way.from().version(), execution, clock.instant());
          var deployment = deploy(tx, name, way.to(), readied, execution);
          metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
          return new Endpoint(deployment, new Endpoint.Ready());
        });
  }

  /** The versions that were rolled back from the endpoint. */
  public List<VersionId> withdrawn(EndpointName name) {
    return database.read(s -> states.withdrawn(s, name));
  }

  /** Lets a version that was rolled back be deployed to the endpoint again. */
  public void lift(EndpointName name, VersionId version) {
    database.writing(tx -> {
      if (!states.lift(tx, name, version))
        throw new NotFound("%s is not withdrawn from endpoint %s".formatted(version, name));
      note(tx, name, "lift", "let %s be deployed to %s again".formatted(version, name));
    });
  }

  /**
   * Changes how the endpoint answers. What serves is made ready anew in that way, and replaces
   * itself.
   *
   * @param change the settings that change; null takes one back to what is usual
   */
  public void configure(EndpointName name, @Nullable JsonNode change) {
    record Before(Deployment deployment, ObjectNode said) {}
    var before =
        database.read(s ->
            new Before(
                store.find(s, name).orElseThrow(() -> missing(s, name)), states.settings(s, name)));
    database.read(s -> refuseOwned(s, name));
    var said = EndpointSettings.changed(before.said(), change);
    written(
        ready(before.deployment().packageDigest(), EndpointSettings.of(said)),
        (tx, readied) -> {
          refuseOwned(tx, name);
          stillServes(tx, before.deployment());
          if (!states.settings(tx, name).equals(before.said())) throw changed(name);
          states.settings(tx, name, said, clock.instant());
          note(tx, name, "configure", "set %s of endpoint %s".formatted(change, name));
          tx.afterCommit(() -> put(before.deployment(), readied));
          return said;
        });
  }

  /** Refuses to change by hand what a project's file says. */
  public boolean refuseOwned(Snapshot s, EndpointName name) {
    var file = files.find(s, name);
    if (file.isPresent()) throw file.get().setByHand();
    return true;
  }

  /** Serves what was made ready anew, once that is durable. */
  void putAfter(Transaction tx, Deployment deployment, Readied readied) {
    tx.afterCommit(() -> put(deployment, readied));
  }

  private void stillServes(Transaction tx, Deployment deployment) {
    if (store.find(tx, deployment.endpoint()).filter(deployment::equals).isEmpty())
      throw changed(deployment.endpoint());
  }

  static Conflict changed(EndpointName name) {
    return new Conflict(
        "endpoint %s was changed by somebody else meanwhile: look at it, and try again"
            .formatted(name));
  }

  /** Writes what was done to the endpoint into the graph. */
  void note(Transaction tx, EndpointName name, String kind, String what) {
    var execution = metadata.begin(tx, kind, what, Json.object());
    metadata.input(
        tx,
        execution,
        metadata.artifact(tx, ArtifactType.ENDPOINT, null, name.value(), Json.object()),
        "endpoint");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
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

  /** What each endpoint shall serve now. */
  public List<Deployment> deployed(Snapshot s) {
    return store.list(s);
  }

  /** What the endpoint shall serve now, by its row. */
  public Optional<Deployment> deployment(Snapshot s, EndpointName name) {
    return store.find(s, name);
  }

  /** How the endpoint answers, or shall once it serves. */
  public EndpointSettings settings(Snapshot s, EndpointName name) {
    return EndpointSettings.of(states.settings(s, name));
  }

  /** What a project's file says of it. */
  public Optional<EndpointFile> file(EndpointName name) {
    return database.read(s -> files.find(s, name));
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
    return findLease(name).orElseThrow(() -> absent(name));
  }

  /** As the other, without a word from the database: empty if nothing serves there. */
  Optional<Lease> findLease(EndpointName name) {
    while (true) {
      var model = served.get(name);
      if (model == null) return Optional.empty();
      var lease = model.lease();
      if (lease.isPresent()) return lease;
      // Retired between the two lines above: another stands in its place, or none.
      Thread.onSpinWait();
    }
  }

  /** What stands about the version that a deployment serves. */
  public ServingStatistics statistics(Deployment deployment) {
    return meters.of(deployment.endpoint(), deployment.version()).statistics();
  }

  Failure absent(EndpointName name) {
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

  private void put(Deployment deployment, Readied readied) {
    var name = deployment.endpoint();
    var counted = meters.of(name, deployment.version());
    retire(served.put(name, new ServedModel(deployment, readied, counted, crew)));
    broken.remove(name);
    LOG.log(Level.INFO, "endpoint=%s version=%s serves".formatted(name, deployment.version()));
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
    crew.close();
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return store.packages(s);
  }
}
