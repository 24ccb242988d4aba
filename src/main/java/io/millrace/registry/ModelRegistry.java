package io.millrace.registry;

import io.millrace.artifacts.References;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.experiments.RunId;
import io.millrace.experiments.RunUsers;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Registered models: a name, its versions that never change, and the aliases that move among them.
 * Thread-safe.
 */
public final class ModelRegistry implements References, RunUsers {
  private final Database database;
  private final Metadata metadata;
  private final Models models;
  private final Clock clock;
  private final RegistryStore store = new RegistryStore();
  private final RegistryEvents events;
  private VersionUsers versionUsers = (_, _) -> List.of();

  public ModelRegistry(Database database, Metadata metadata, Models models, Clock clock) {
    this(database, metadata, models, RegistryEvents.NONE, clock);
  }

  /**
   * @param events told of what happens, in the transaction in which it does
   */
  public ModelRegistry(
      Database database, Metadata metadata, Models models, RegistryEvents events, Clock clock) {
    this.events = events;
    this.database = database;
    this.metadata = metadata;
    this.models = models;
    this.clock = clock;
  }

  /** Says who is asked before a version is deleted. */
  public void askBeforeDeleting(VersionUsers users) {
    versionUsers = users;
  }

  /**
   * Makes the package, or the folder of a model in Python, the next version of that model, and the
   * model if it is new; or finds the version that it is already. The version becomes an output of
   * the execution, the package its input.
   *
   * @param source how the package came: pipeline, package, onnx or mlflow
   */
  public ModelVersion register(
      Transaction tx, ModelName name, Digest packageDigest, String source, ExecutionId execution) {
    boolean python = models.startsProcess(packageDigest);
    var existing = store.findVersion(tx, name, packageDigest);
    var version =
        existing.orElseGet(() -> {
          if (store.insertModel(tx, name, "", clock.instant()))
            events.modelCreated(tx, model(tx, name));
          var id = new VersionId(name, store.lastNumber(tx, name) + 1);
          var made =
              new ModelVersion(
                  id,
                  python ? null : packageDigest,
                  python ? packageDigest : null,
                  source,
                  execution,
                  clock.instant(),
                  VersionCard.plain(clock.instant()));
          insert(tx, made, "");
          return made;
        });
    metadata.input(tx, execution, model(tx, name, packageDigest), "package");
    metadata.output(tx, execution, artifact(tx, version), "version");
    return version;
  }

  private void insert(Transaction tx, ModelVersion version, String user) {
    store.insertVersion(tx, version, user);
    store.touch(tx, version.model(), version.createdAt());
    events.versionCreated(tx, version);
  }

  /**
   * As the other, by hand rather than by a pipeline; the package is loaded first, so that its
   * golden rows are replayed; of a model in Python the files are checked.
   */
  public ModelVersion register(ModelName name, Digest packageDigest) {
    models.verify(name.value(), packageDigest);
    return register(name, packageDigest, "package");
  }

  /** Makes a version of an ONNX file; Models says what is refused. */
  public ModelVersion importOnnx(ModelName name, Digest file) {
    return register(name, models.importOnnx(name.value(), file), "onnx");
  }

  /** Makes a version of a folder that MLflow wrote, or of a package's own. */
  public ModelVersion importFolder(ModelName name, Digest folder) {
    if (models.isPython(name.value(), folder)) return register(name, folder, "mlflow");
    return register(name, models.importFolder(name.value(), folder), "mlflow");
  }

  private ModelVersion register(ModelName name, Digest packageDigest, String source) {
    return database.write(tx -> {
      var standing = store.findVersion(tx, name, packageDigest);
      if (standing.isPresent()) return standing.get();
      var execution =
          metadata.begin(tx, "registry/import", name.value(), Json.object().put("source", source));
      var version = register(tx, name, packageDigest, source, execution);
      metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
      return version;
    });
  }

  /** The artifact of a version in the metadata graph, named as the version is. */
  public ArtifactId artifact(Transaction tx, ModelVersion version) {
    var properties =
        Json.object().put("model", version.model().value()).put("number", version.number());
    var name = version.id().toString();
    var digest = version.sealed() == null ? version.files() : version.sealed();
    // Of one in Python the graph once kept the name alone.
    return metadata
        .named(tx, ArtifactType.MODEL_VERSION, name)
        .filter(a -> a.digest() == null)
        .map(Artifact::id)
        .orElseGet(
            () -> metadata.artifact(tx, ArtifactType.MODEL_VERSION, digest, name, properties));
  }

  private ArtifactId model(Transaction tx, ModelName name, Digest packageDigest) {
    return metadata.find(tx, packageDigest).stream()
        .filter(a -> a.type() == ArtifactType.MODEL)
        .map(a -> a.id())
        .findFirst()
        .orElseGet(() ->
            metadata.artifact(tx, ArtifactType.MODEL, packageDigest, name.value(), Json.object()));
  }

  /** Those that are no prompts, by name. */
  public List<RegisteredModel> models(Snapshot s) {
    return store.listModels(s, "order by m.name", Map.of()).stream()
        .filter(model -> !model.isPrompt())
        .toList();
  }

  public RegisteredModel model(Snapshot s, ModelName name) {
    return store.findModel(s, name).orElseThrow(() -> noModel(s, name));
  }

  public Optional<RegisteredModel> findModel(Snapshot s, ModelName name) {
    return store.findModel(s, name);
  }

  /** The newest first. */
  public List<ModelVersion> versions(Snapshot s, ModelName name) {
    model(s, name);
    return store.listVersions(s, name);
  }

  public ModelVersion version(Snapshot s, VersionId id) {
    return findVersion(s, id)
        .orElseThrow(() -> {
          var model = model(s, id.model());
          return new NotFound(
              "model version", id, "the newest is %s/%d".formatted(model.name(), model.latest()));
        });
  }

  public Optional<ModelVersion> findVersion(Snapshot s, VersionId id) {
    return store.findVersion(s, id);
  }

  /** The version that this package is under the name. */
  public Optional<ModelVersion> findVersion(Snapshot s, ModelName name, Digest packageDigest) {
    return store.findVersion(s, name, packageDigest);
  }

  /** The version an alias points at, if the model and the alias are there. */
  public Optional<ModelVersion> find(Snapshot s, ModelName name, Alias alias) {
    return store
        .findAlias(s, name, alias)
        .flatMap(number -> store.findVersion(s, new VersionId(name, number)));
  }

  /** The version an alias points at. */
  public ModelVersion version(Snapshot s, ModelName name, Alias alias) {
    return find(s, name, alias)
        .orElseThrow(() -> {
          var aliases = model(s, name).aliases().keySet().stream().map(Alias::value).toList();
          return new NotFound(
              "alias of model \"%s\" named \"%s\"%s"
                  .formatted(name, alias, Names.suggestion(alias.value(), aliases)));
        });
  }

  /**
   * What NAME (its newest version), NAME/VERSION or NAME@ALIAS means now. A model whose own name
   * holds an @ comes first.
   */
  public ModelVersion resolve(Snapshot s, String text) {
    if (text.indexOf('/') >= 0) return version(s, VersionId.parse(text));
    var name = new ModelName(text);
    var found = store.findModel(s, name);
    if (found.isPresent()) return version(s, new VersionId(name, found.get().latest()));
    int at = text.lastIndexOf('@');
    if (at < 0) throw noModel(s, name);
    return version(s, new ModelName(text.substring(0, at)), new Alias(text.substring(at + 1)));
  }

  /** Points the alias at a version of its model. To where it points already is no change. */
  public void setAlias(Transaction tx, VersionId id, Alias alias) {
    version(tx, id);
    if (store.findAlias(tx, id.model(), alias).filter(number -> number == id.number()).isPresent())
      return;
    var version = version(tx, id);
    var execution =
        metadata.begin(
            tx,
            "registry/alias",
            id.model().value(),
            Json.object().put("alias", alias.value()).put("number", id.number()));
    metadata.input(tx, execution, artifact(tx, version), "version");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    store.replaceAlias(tx, id.model(), alias, id.number());
    store.insertChange(tx, id.model(), alias, id.number(), clock.instant());
    events.aliasCreated(tx, id, alias);
  }

  /** Takes the alias away; its history stays. */
  public void deleteAlias(Transaction tx, ModelName name, Alias alias) {
    version(tx, name, alias);
    store.deleteAlias(tx, name, alias);
    store.insertChange(tx, name, alias, null, clock.instant());
    var execution =
        metadata.begin(
            tx,
            "registry/alias",
            name.value(),
            Json.object().put("alias", alias.value()).putNull("number"));
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    events.aliasDeleted(tx, name, alias);
  }

  // What clients of MLflow do

  /** A version to be made of files that a client names. */
  public record NewVersion(
      ModelName model,
      VersionCard card,
      @Nullable Digest sealed,
      @Nullable Digest files,
      String user) {}

  /** Makes a model, which has no version yet. */
  public RegisteredModel create(
      Transaction tx, ModelName name, String description, Map<String, String> tags) {
    return adopt(tx, name, description, tags, clock.instant());
  }

  /** As create, for a model that was made elsewhere at that time. */
  public RegisteredModel adopt(
      Transaction tx,
      ModelName name,
      String description,
      Map<String, String> tags,
      Instant madeAt) {
    var standing = store.findModel(tx, name);
    if (standing.isPresent()) {
      boolean prompt = "true".equalsIgnoreCase(tags.get(RegisteredModel.PROMPT));
      if (standing.get().isPrompt() != prompt)
        throw new Conflict(
            "Tried to create a %s with name '%s', but the name is already taken by a %s. %ss and prompts cannot share the same name."
                .formatted(
                    prompt ? "prompt" : "registered model",
                    name,
                    prompt ? "registered model" : "prompt",
                    "Registered model"));
      throw new Conflict("Registered Model (name=%s) already exists.".formatted(name));
    }
    store.insertModel(tx, name, description, madeAt);
    store.replaceTags(tx, name, tags);
    var made = model(tx, name);
    events.modelCreated(tx, made);
    return made;
  }

  public ModelVersion create(Transaction tx, NewVersion request) {
    var number = store.lastNumber(tx, request.model()) + 1;
    return create(tx, request, new VersionId(request.model(), number), clock.instant());
  }

  /**
   * Takes over a version that has its number from elsewhere, made at that time; empty where one of
   * that number is or was there.
   */
  public Optional<ModelVersion> adopt(
      Transaction tx, NewVersion request, long number, Instant madeAt) {
    var id = new VersionId(request.model(), number);
    if (store.isTaken(tx, id)) return Optional.empty();
    var made = create(tx, request, id, madeAt);
    store.replaceStage(tx, id, request.card().stage(), madeAt);
    return Optional.of(made);
  }

  private ModelVersion create(Transaction tx, NewVersion request, VersionId id, Instant at) {
    model(tx, request.model());
    var execution =
        metadata.begin(
            tx, "registry/import", request.model().value(), Json.object().put("source", "mlflow"));
    var made =
        new ModelVersion(
            id, request.sealed(), request.files(), "mlflow", execution, at, request.card());
    insert(tx, made, request.user());
    if (request.sealed() != null)
      metadata.input(tx, execution, model(tx, request.model(), request.sealed()), "package");
    if (!request.card().loggedModel().isEmpty())
      metadata.input(
          tx,
          execution,
          metadata.artifact(
              tx, ArtifactType.LOGGED_MODEL, null, request.card().loggedModel(), Json.object()),
          "model");
    metadata.output(tx, execution, artifact(tx, made), "version");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    return version(tx, id);
  }

  public RegisteredModel rename(Transaction tx, ModelName name, ModelName to) {
    model(tx, name);
    if (store.findModel(tx, to).isPresent())
      throw new Conflict("Registered Model (name=%s) already exists.".formatted(to));
    store.replaceName(tx, name, to, clock.instant());
    return model(tx, to);
  }

  public RegisteredModel describe(Transaction tx, ModelName name, String description) {
    model(tx, name);
    store.replaceDescription(tx, name, description, clock.instant());
    return model(tx, name);
  }

  public ModelVersion describe(Transaction tx, VersionId id, String description) {
    version(tx, id);
    store.replaceDescription(tx, id, description, clock.instant());
    return version(tx, id);
  }

  /** Deletes the model with its versions, tags and aliases; the graph keeps that they were. */
  public void delete(Transaction tx, ModelName name) {
    for (var version : versions(tx, name)) requireUnused(tx, version.id());
    store.deleteModel(tx, name);
  }

  /** Deletes the version and its aliases; its number is not given again. */
  public void delete(Transaction tx, VersionId id) {
    version(tx, id);
    requireUnused(tx, id);
    store.deleteVersion(tx, id, clock.instant());
    store.touch(tx, id.model(), clock.instant());
  }

  private void requireUnused(Transaction tx, VersionId id) {
    var users = versionUsers.usersOf(tx, id);
    if (!users.isEmpty())
      throw new Conflict(
          "model version %s is in use: %s; deploy another version there first"
              .formatted(id, String.join("; ", users)));
  }

  public void setTags(Transaction tx, ModelName name, Map<String, String> tags) {
    var model = model(tx, name);
    store.replaceTags(tx, name, tags);
    store.touch(tx, name, clock.instant());
    tags.forEach((key, value) -> events.modelTagSet(tx, model, key, value));
  }

  public void deleteTag(Transaction tx, ModelName name, String key) {
    var model = model(tx, name);
    store.deleteTag(tx, name, key);
    events.modelTagDeleted(tx, model, key);
  }

  public void setTags(Transaction tx, VersionId id, Map<String, String> tags) {
    version(tx, id);
    store.replaceTags(tx, id, tags);
    tags.forEach((key, value) -> events.tagSet(tx, id, key, value));
  }

  public void deleteTag(Transaction tx, VersionId id, String key) {
    version(tx, id);
    store.deleteTag(tx, id, key);
    events.tagDeleted(tx, id, key);
  }

  /** Moves a version to a stage; with archive, those that were there are archived. */
  public ModelVersion moveToStage(Transaction tx, VersionId id, String stage, boolean archive) {
    version(tx, id);
    if (archive) {
      if (!stage.equals("Staging") && !stage.equals("Production"))
        throw new InvalidInput(
            "archive_existing_versions",
            true,
            "false for stage " + stage + ", since only Staging and Production are taken over");
      for (var other : versions(tx, id.model()))
        if (other.card().stage().equals(stage) && !other.id().equals(id))
          store.replaceStage(tx, other.id(), "Archived", clock.instant());
    }
    store.replaceStage(tx, id, stage, clock.instant());
    store.touch(tx, id.model(), clock.instant());
    return version(tx, id);
  }

  public List<RegisteredModel> searchModels(Snapshot s, RegistryQuery query) {
    return RegistrySearch.models(s, store, query);
  }

  public List<ModelVersion> searchVersions(Snapshot s, RegistryQuery query) {
    return RegistrySearch.versions(s, store, query);
  }

  /** What a run's deletion for good would break. */
  @Override
  public List<String> usersOf(Snapshot s, RunId run) {
    return store.listVersionsOfRun(s, run.value()).stream()
        .map(v ->
            "model version %s was made by it, and its files are read from there".formatted(v.id()))
        .toList();
  }

  /** Every move of the model's aliases, the oldest first. */
  public List<AliasChange> history(Snapshot s, ModelName name) {
    model(s, name);
    return store.listChanges(s, name);
  }

  /** The protections that the version's package lacks, each with what that means. */
  public List<String> missing(ModelVersion version) {
    return version.sealed() == null && version.files() == null
        ? List.of()
        : models.missing(version.served());
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return store.held(s);
  }

  private NotFound noModel(Snapshot s, ModelName name) {
    var names = models(s).stream().map(row -> row.name().value()).toList();
    return new NotFound(
        "no registered model \"%s\"%s".formatted(name, Names.suggestion(name.value(), names)));
  }
}
