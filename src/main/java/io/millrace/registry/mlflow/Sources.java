package io.millrace.registry.mlflow;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Unsupported;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.RunId;
import io.millrace.experiments.Runs;
import io.millrace.experiments.mlflow.Locations;
import io.millrace.models.Models;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.VersionId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client names as the source of a version: a run's folder, a logged model, another version,
 * files of this server, or a place elsewhere, which is kept and never opened.
 */
final class Sources {
  private static final Logger LOG = System.getLogger(Sources.class.getName());
  private static final Set<String> PLACEHOLDERS = Set.of("prompt-template", "dummy-source");

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final Runs runs;
  private final LoggedModels loggedModels;
  private final ModelRegistry registry;
  private final Models models;

  Sources(
      Database database,
      Artifacts artifacts,
      FileTree files,
      Runs runs,
      LoggedModels loggedModels,
      ModelRegistry registry,
      Models models) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.runs = runs;
    this.loggedModels = loggedModels;
    this.registry = registry;
    this.models = models;
  }

  /**
   * A source that may stand.
   *
   * @param uri as it is kept
   * @param storage where clients read it
   */
  record Source(String uri, String storage, String run, String loggedModel) {}

  /** The files of a source, sealed where they are a model of MLflow's onnx flavor. */
  record Sealed(@Nullable Digest files, @Nullable Digest model) {}

  Source source(String uri, String run, String model, boolean prompt) {
    if (prompt) {
      if (!PLACEHOLDERS.contains(uri))
        throw new InvalidInput(
            "Invalid prompt source: '%s'. Prompts are kept in tags; their source is prompt-template."
                .formatted(shown(uri)));
      return new Source(uri, uri, run, "");
    }
    if (!Locations.decoded(uri, "source").equals(uri)
        || uri.contains("..")
        || uri.chars().anyMatch(Character::isISOControl))
      throw new InvalidInput(
          "Invalid model version source: '%s'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path."
              .formatted(shown(uri)));
    if (uri.startsWith("models:/")) return database.read(s -> ofModel(s, uri, run, model));
    if (uri.startsWith("runs:/")) return database.read(s -> ofRun(s, uri, run));
    var path = ArtifactRoot.path(uri);
    if (path.isPresent()) return database.read(s -> ofFiles(s, uri, path.get(), run, model));
    try {
      Locations.checked(uri, "source");
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "Invalid model version source: '%s'. %s".formatted(shown(uri), e.getMessage()));
    }
    return new Source(uri, uri, run, model);
  }

  private static InvalidInput foreign(String uri) {
    return new InvalidInput(
        "Invalid model version source: '%s'. The run_id (or model_id) request parameter must identify the resource that contains the source."
            .formatted(shown(uri)));
  }

  private static String shown(String uri) {
    return uri.length() <= 200 ? uri : uri.substring(0, 200) + "...";
  }

  private Source ofRun(Snapshot s, String uri, String run) {
    var rest = uri.substring("runs:/".length());
    int slash = rest.indexOf('/');
    var id = slash < 0 ? rest : rest.substring(0, slash);
    if (run.isEmpty() || !id.equals(run)) throw foreign(uri);
    var found = runs.run(s, new RunId(id));
    var below = slash < 0 ? "" : rest.substring(slash);
    return new Source(uri, found.artifacts() + below, run, "");
  }

  private Source ofModel(Snapshot s, String uri, String run, String model) {
    var rest = uri.substring("models:/".length());
    if (rest.startsWith("m-") && rest.indexOf('/') < 0 && rest.indexOf('@') < 0) {
      if (!rest.equals(model)) throw foreign(uri);
      var logged = loggedModels.model(s, rest, false);
      return new Source(uri, logged.artifacts(), run.isEmpty() ? logged.run() : run, rest);
    }
    var version = version(s, rest, uri);
    var card = version.card();
    if (registry.model(s, version.model()).isPrompt())
      throw new InvalidInput(
          "Invalid model version source: '%s' is a prompt".formatted(shown(uri)));
    if (!run.isEmpty() && !run.equals(card.run())) throw foreign(uri);
    if (!model.isEmpty() && !model.equals(card.loggedModel())) throw foreign(uri);
    return new Source("models:/" + version.id(), storage(version), card.run(), card.loggedModel());
  }

  private ModelVersion version(Snapshot s, String text, String uri) {
    int at = text.lastIndexOf('@');
    int slash = text.indexOf('/');
    if (slash > 0) return registry.version(s, VersionId.parse(text));
    if (at > 0)
      return registry.version(
          s, new ModelName(text.substring(0, at)), new Alias(text.substring(at + 1)));
    throw new InvalidInput(
        "Invalid model version source: '%s'; expected models:/NAME/VERSION, models:/NAME@ALIAS or models:/m-ID"
            .formatted(shown(uri)));
  }

  private Source ofFiles(Snapshot s, String uri, String path, String run, String model) {
    var root = "";
    if (!model.isEmpty()) root = loggedModels.model(s, model, false).artifacts();
    else if (!run.isEmpty()) root = runs.run(s, new RunId(run)).artifacts();
    if (root.isEmpty() || !(uri.equals(root) || uri.startsWith(root + "/"))) throw foreign(uri);
    Manifest.check(path);
    return new Source(uri, uri, run, model);
  }

  /** Where clients read a version's files. */
  static String storage(ModelVersion version) {
    var storage = version.card().storage();
    if (!storage.isEmpty()) return storage;
    return "mlflow-artifacts:/packages/" + version.served().hex();
  }

  /**
   * Keeps the files as they are now; seals them where they are an ONNX model that this server can
   * serve.
   */
  Sealed seal(String name, Source source) {
    var path = ArtifactRoot.path(source.storage());
    if (path.isEmpty()) return new Sealed(null, null);
    if (path.get().startsWith("packages/")) {
      var digest = new Digest(path.get().substring("packages/".length()));
      return new Sealed(digest, models.startsProcess(digest) ? null : digest);
    }
    var manifest = database.read(s -> files.manifest(s, path.get()));
    if (manifest.entries().isEmpty()) return new Sealed(null, null);
    var directory = artifacts.put(manifest);
    if (!manifest.entries().containsKey("MLmodel")) return new Sealed(directory, null);
    try {
      return new Sealed(directory, models.importFolder(name, directory));
    } catch (Unsupported e) {
      return new Sealed(directory, null);
    } catch (Failure e) {
      LOG.log(
          Level.INFO,
          "model=%s its files are kept, but cannot be served: %s".formatted(name, e.getMessage()));
      return new Sealed(directory, null);
    }
  }

  static NotFound noVersion(VersionId id) {
    return new NotFound(
        "Model Version (name=%s, version=%d) not found".formatted(id.model(), id.number()));
  }
}
