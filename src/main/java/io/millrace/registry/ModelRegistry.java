package io.millrace.registry;

import io.millrace.artifacts.References;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Registered models: a name, its versions that never change, and the aliases that move among them.
 * Thread-safe.
 */
public final class ModelRegistry implements References {
  private final Database database;
  private final Metadata metadata;
  private final Models models;
  private final Clock clock;
  private final RegistryStore store = new RegistryStore();

  public ModelRegistry(Database database, Metadata metadata, Models models, Clock clock) {
    this.database = database;
    this.metadata = metadata;
    this.models = models;
    this.clock = clock;
  }

  /**
   * Makes the package the next version of that model, and the model if it is new; or finds the
   * version that it is already. The version becomes an output of the execution, the package its
   * input.
   *
   * @param source how the package came: pipeline, package, onnx or mlflow
   */
  public ModelVersion register(
      Transaction tx, ModelName name, Digest packageDigest, String source, ExecutionId execution) {
    var existing = store.findVersion(tx, name, packageDigest);
    var version =
        existing.orElseGet(() -> {
          store.insertModel(tx, name, clock.instant());
          var id = new VersionId(name, store.lastNumber(tx, name) + 1);
          var made = new ModelVersion(id, packageDigest, source, execution, clock.instant());
          store.insertVersion(tx, made);
          return made;
        });
    metadata.input(tx, execution, model(tx, name, packageDigest), "package");
    metadata.output(tx, execution, artifact(tx, version), "version");
    return version;
  }

  /**
   * As the other, by hand rather than by a pipeline; the package is loaded first, so that its
   * golden rows are replayed.
   */
  public ModelVersion register(ModelName name, Digest packageDigest) {
    models.load(packageDigest).close();
    return register(name, packageDigest, "package");
  }

  /** Makes a version of an ONNX file; Models says what is refused. */
  public ModelVersion importOnnx(ModelName name, Digest file) {
    return register(name, models.importOnnx(name.value(), file), "onnx");
  }

  /** Makes a version of a folder that MLflow wrote, or of a package's own. */
  public ModelVersion importFolder(ModelName name, Digest folder) {
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
    return metadata.artifact(
        tx,
        ArtifactType.MODEL_VERSION,
        version.packageDigest(),
        version.id().toString(),
        properties);
  }

  private ArtifactId model(Transaction tx, ModelName name, Digest packageDigest) {
    return metadata.find(tx, packageDigest).stream()
        .filter(a -> a.type() == ArtifactType.MODEL)
        .map(a -> a.id())
        .findFirst()
        .orElseGet(() ->
            metadata.artifact(tx, ArtifactType.MODEL, packageDigest, name.value(), Json.object()));
  }

  public List<RegisteredModel> models(Snapshot s) {
    return store.listModels(s).stream()
        .map(row ->
            new RegisteredModel(
                row.name(), row.latest(), store.listAliases(s, row.name()), row.createdAt()))
        .toList();
  }

  public RegisteredModel model(Snapshot s, ModelName name) {
    return store
        .findModel(s, name)
        .map(row ->
            new RegisteredModel(name, row.latest(), store.listAliases(s, name), row.createdAt()))
        .orElseThrow(() -> noModel(s, name));
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
    store.replaceAlias(tx, id.model(), alias, id.number());
    store.insertChange(tx, id.model(), alias, id.number(), clock.instant());
  }

  /** Takes the alias away; its history stays. */
  public void deleteAlias(Transaction tx, ModelName name, Alias alias) {
    version(tx, name, alias);
    store.deleteAlias(tx, name, alias);
    store.insertChange(tx, name, alias, null, clock.instant());
  }

  /** Every move of the model's aliases, the oldest first. */
  public List<AliasChange> history(Snapshot s, ModelName name) {
    model(s, name);
    return store.listChanges(s, name);
  }

  /** The protections that the version's package lacks, each with what that means. */
  public List<String> missing(ModelVersion version) {
    return models.missing(version.packageDigest());
  }

  @Override
  public Collection<Digest> held() {
    return database.read(store::packages);
  }

  private NotFound noModel(Snapshot s, ModelName name) {
    var names = store.listModels(s).stream().map(row -> row.name().value()).toList();
    return new NotFound(
        "no registered model \"%s\"%s".formatted(name, Names.suggestion(name.value(), names)));
  }
}
