package io.millrace.migration;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Transaction;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.DatasetInput;
import io.millrace.experiments.Experiment;
import io.millrace.experiments.LoggedModel;
import io.millrace.experiments.LoggedModel.ModelMetric;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.Metric;
import io.millrace.experiments.MetricPoints;
import io.millrace.experiments.RunData;
import io.millrace.experiments.RunId;
import io.millrace.experiments.RunState;
import io.millrace.experiments.Runs;
import io.millrace.migration.MlflowDatabase.Row;
import io.millrace.migration.MlflowImports.Parts;
import io.millrace.migration.MlflowImports.Result;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry.NewVersion;
import io.millrace.registry.RegisteredModel;
import io.millrace.registry.VersionCard;
import io.millrace.registry.VersionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One import. Each run, logged model and version is a transaction of its own with all that belongs
 * to it, so that whatever is there is whole.
 */
final class MlflowTakeover {
  private static final int POINTS_AT_ONCE = 10_000;
  private static final int MOST_TOLD = 100;
  private static final String READY = "2";
  private static final String FAILED = "3";

  private final MlflowDatabase source;
  private final FoundFiles found;
  private final Artifacts artifacts;
  private final Parts parts;

  /** The experiment here of each there, by its id there. */
  private final Map<Long, Experiment> homes = new HashMap<>();

  /** Where files lie here, by where they lay there. */
  private final Map<String, String> moved = new HashMap<>();

  private final List<String> skipped = new ArrayList<>();
  private long experiments;
  private long runs;
  private long points;
  private long loggedModels;
  private long models;
  private long versions;
  private long files;

  MlflowTakeover(MlflowDatabase source, FoundFiles found, Artifacts artifacts, Parts parts) {
    this.source = source;
    this.found = found;
    this.artifacts = artifacts;
    this.parts = parts;
  }

  Result run() {
    var all = source.all("experiments", "experiment_id");
    for (var row : all) attempt("experiment " + row.text("name"), () -> experiment(row));
    for (var row : source.all("runs", "start_time, run_uuid"))
      attempt("run " + row.text("run_uuid"), () -> run(row));
    for (var row : source.all("logged_models", "creation_timestamp_ms, model_id"))
      attempt("logged model " + row.text("model_id"), () -> loggedModel(row));
    for (var row : source.all("registered_models", "creation_time, name"))
      attempt("model " + row.text("name"), () -> model(row));
    for (var row : all) {
      @Nullable Experiment home = homes.get(row.whole("experiment_id"));
      if (home != null
          && home.id() != Experiment.DEFAULT
          && home.isActive()
          && row.text("lifecycle_stage").equals("deleted"))
        parts.database().writing(tx -> parts.experiments().delete(tx, home.id()));
    }
    return new Result(
        experiments, runs, points, loggedModels, models, versions, files, List.copyOf(skipped));
  }

  /** What one thing is refused for does not keep the others from being taken. */
  private void attempt(String what, Runnable work) {
    try {
      work.run();
    } catch (Failure e) {
      skip(what, String.valueOf(e.getMessage()));
    }
  }

  private void skip(String what, String why) {
    if (skipped.size() < MOST_TOLD) skipped.add(what + ": " + why);
  }

  private void experiment(Row row) {
    var name = row.text("name");
    long id = row.whole("experiment_id");
    var tags = source.pairs("experiment_tags", "key", "value", "experiment_id = ?", id);
    Optional<Experiment> standing = parts.database().read(s -> parts.experiments().find(s, name));
    if (standing.isEmpty()) {
      homes.put(
          id,
          parts
              .database()
              .write(
                  tx -> parts.experiments().adopt(tx, name, tags, at(row.whole("creation_time")))));
      experiments++;
    } else homes.put(id, standing.get());
  }

  private Experiment home(Row row) {
    @Nullable Experiment home = homes.get(row.whole("experiment_id"));
    if (home == null) throw new NotFound("experiment", row.text("experiment_id"));
    return home;
  }

  private void run(Row row) {
    var id = new RunId(row.text("run_uuid"));
    var home = home(row);
    var there = row.text("artifact_uri");
    boolean known = parts.database().read(s -> parts.runs().find(s, id).isPresent());
    var batches = known ? List.<MetricPoints>of() : batches(id);
    var root =
        parts
            .database()
            .write(tx -> {
              if (!known) adopt(tx, id, home, row, batches);
              var run = parts.runs().run(tx, id);
              putFiles(tx, id.value(), run.artifacts());
              return run.artifacts();
            });
    moved.put(there, root);
    if (!known) runs++;
  }

  private void adopt(
      Transaction tx, RunId id, Experiment home, Row row, List<MetricPoints> batches) {
    var taken = parts.runs();
    var tags = new TreeMap<>(source.pairs("tags", "key", "value", "run_uuid = ?", id.value()));
    var name = row.text("name");
    if (!name.isEmpty()) tags.put(Runs.RUN_NAME, name);
    taken.adopt(
        tx,
        id,
        new Runs.NewRun(
            home.id(), name, row.text("user_id"), at(row.whole("start_time")), tags, null));
    var params = source.pairs("params", "key", "value", "run_uuid = ?", id.value());
    taken.log(tx, id, params, null, Map.of());
    for (var batch : batches) taken.log(tx, id, Map.of(), batch, Map.of());
    taken.logInputs(tx, id, datasets(id), models(id, "RUN_INPUT"));
    var outputs = new ArrayList<RunData.ModelRef>();
    for (var output :
        source.of("inputs", "source_type = ?,source_id = ?", "RUN_OUTPUT", id.value()))
      outputs.add(new RunData.ModelRef(output.text("destination_id"), output.whole("step")));
    taken.logOutputs(tx, id, outputs);
    taken.update(
        tx,
        id,
        RunState.valueOf(row.text("status")),
        row.has("end_time") ? at(row.whole("end_time")) : null,
        null);
    if (row.text("lifecycle_stage").equals("deleted")) taken.delete(tx, id);
  }

  private List<String> models(RunId run, String type) {
    return source.of("inputs", "source_type = ?,source_id = ?", type, run.value()).stream()
        .map(row -> row.text("destination_id"))
        .toList();
  }

  private List<DatasetInput> datasets(RunId run) {
    return source.datasets(run.value()).stream()
        .map(row ->
            new DatasetInput(
                row.text("name"),
                row.text("digest"),
                row.text("dataset_source_type"),
                row.text("dataset_source"),
                row.optional("dataset_schema"),
                row.optional("dataset_profile"),
                new TreeMap<>(
                    source.pairs(
                        "input_tags", "name", "value", "input_uuid = ?", row.text("input_uuid")))))
        .toList();
  }

  private List<MetricPoints> batches(RunId run) {
    var batches = new ArrayList<MetricPoints>();
    var batch = new ArrayList<Metric>();
    Consumer<Row> reader =
        row -> {
          double value = row.flag("is_nan") ? Double.NaN : row.number("value");
          batch.add(
              new Metric(row.text("key"), value, at(row.whole("timestamp")), row.whole("step")));
          points++;
          if (batch.size() < POINTS_AT_ONCE) return;
          batches.add(MetricPoints.of(batch));
          batch.clear();
        };
    source.metrics(run.value(), reader);
    if (!batch.isEmpty()) batches.add(MetricPoints.of(batch));
    return batches;
  }

  private void putFiles(Transaction tx, String owner, String uri) {
    ArtifactRoot.path(uri).ifPresent(root -> files += found.put(tx, parts.files(), owner, root));
  }

  private void loggedModel(Row row) {
    var id = row.text("model_id");
    if (!id.matches("m-[0-9a-f]{32}"))
      throw new InvalidInput("logged model", id, "m- and 32 hexadecimal digits");
    var home = home(row);
    Optional<LoggedModel> standing = parts.database().read(s -> parts.loggedModels().find(s, id));
    var model = standing.orElseGet(() -> logged(row, id, home));
    parts
        .database()
        .writing(tx -> {
          if (standing.isEmpty()) parts.loggedModels().adopt(tx, model);
          putFiles(tx, id, model.artifacts());
        });
    moved.put(row.text("artifact_location"), model.artifacts());
    if (standing.isEmpty()) loggedModels++;
  }

  private LoggedModel logged(Row row, String id, Experiment home) {
    var metrics = new ArrayList<ModelMetric>();
    for (var metric : source.of("logged_model_metrics", "model_id = ?", id))
      metrics.add(
          new ModelMetric(
              new Metric(
                  metric.text("metric_name"),
                  metric.number("metric_value"),
                  at(metric.whole("metric_timestamp_ms")),
                  metric.whole("metric_step")),
              metric.text("run_id"),
              metric.text("dataset_name"),
              metric.text("dataset_digest")));
    var status =
        switch (row.text("status")) {
          case READY -> LoggedModel.Status.LOGGED_MODEL_READY;
          case FAILED -> LoggedModel.Status.LOGGED_MODEL_UPLOAD_FAILED;
          default -> LoggedModel.Status.LOGGED_MODEL_PENDING;
        };
    return new LoggedModel(
        id,
        home.id(),
        row.text("name"),
        row.text("model_type"),
        row.text("source_run_id"),
        new LoggedModel.Standing(
            status,
            row.optional("status_message"),
            at(row.whole("creation_timestamp_ms")),
            at(row.whole("last_updated_timestamp_ms")),
            row.text("lifecycle_stage").equals("deleted")),
        LoggedModels.root(home, id),
        new LoggedModel.Contents(
            new TreeMap<>(
                source.pairs(
                    "logged_model_params", "param_key", "param_value", "model_id = ?", id)),
            new TreeMap<>(
                source.pairs("logged_model_tags", "tag_key", "tag_value", "model_id = ?", id)),
            metrics));
  }

  private void model(Row row) {
    var name = new ModelName(row.text("name"));
    var tags = source.pairs("registered_model_tags", "key", "value", "name = ?", name.value());
    boolean known = parts.database().read(s -> parts.registry().findModel(s, name).isPresent());
    if (!known) {
      var description = row.text("description");
      parts
          .database()
          .writing(tx ->
              parts.registry().adopt(tx, name, description, tags, at(row.whole("creation_time"))));
      models++;
    }
    boolean prompt = "true".equalsIgnoreCase(tags.get(RegisteredModel.PROMPT));
    for (var version : source.of("model_versions", "name = ?", name.value()))
      attempt(
          "version %s/%s".formatted(name, version.text("version")),
          () -> version(name, version, prompt));
    for (var alias : source.of("registered_model_aliases", "name = ?", name.value()))
      attempt(
          "alias %s@%s".formatted(name, alias.text("alias")),
          () -> alias(name, new Alias(alias.text("alias")), alias.whole("version")));
  }

  private void alias(ModelName name, Alias alias, long number) {
    parts
        .database()
        .writing(tx -> {
          // One that was moved here since stays where it is.
          if (parts.registry().find(tx, name, alias).isEmpty())
            parts.registry().setAlias(tx, new VersionId(name, number), alias);
        });
  }

  private void version(ModelName name, Row row, boolean prompt) {
    long number = row.whole("version");
    if (row.text("current_stage").equals("Deleted_Internal")) return;
    var standing =
        parts.database().read(s -> parts.registry().findVersion(s, new VersionId(name, number)));
    if (standing.isPresent()) return;
    var there = row.text("source");
    var logged = there.startsWith("models:/m-") ? there.substring("models:/".length()) : "";
    var kept = row.text("storage_location");
    var storage = here(kept.isEmpty() ? there : kept);
    var uri = there.startsWith("models:/") || there.startsWith("runs:/") ? there : here(there);
    var stage = row.text("current_stage");
    var tags =
        source.pairs(
            "model_version_tags", "key", "value", "name = ?,version = ?", name.value(), number);
    var card =
        new VersionCard(
            uri,
            storage,
            row.text("run_id"),
            logged,
            row.text("description"),
            stage.isEmpty() ? "None" : stage,
            at(row.whole("last_updated_time")),
            new TreeMap<>(tags));
    var directory = prompt ? Optional.<Digest>empty() : directory(storage);
    @Nullable Digest sealed = directory.flatMap(d -> sealed(name, d)).orElse(null);
    var wanted = new NewVersion(name, card, sealed, directory.orElse(null), row.text("user_id"));
    var made =
        parts
            .database()
            .write(
                tx -> parts.registry().adopt(tx, wanted, number, at(row.whole("creation_time"))));
    if (made.isPresent()) versions++;
  }

  /** Where the files of a place there lie here; the place itself where they were not taken. */
  private String here(String there) {
    for (var known = there; !known.isEmpty(); known = parent(known)) {
      @Nullable String root = moved.get(known);
      if (root != null) return root + there.substring(known.length());
    }
    return there;
  }

  private static String parent(String uri) {
    return uri.substring(0, Math.max(0, uri.lastIndexOf('/')));
  }

  /** The files as they are now, as the version's own. */
  private Optional<Digest> directory(String storage) {
    return ArtifactRoot.path(storage)
        .map(path -> parts.database().read(s -> parts.files().manifest(s, path)))
        .filter(manifest -> manifest.entries().containsKey("MLmodel"))
        .map(artifacts::put);
  }

  /** The package, where they are a model that can be served here. */
  private Optional<Digest> sealed(ModelName name, Digest directory) {
    try {
      return Optional.of(parts.models().importFolder(name.value(), directory));
    } catch (Failure e) {
      return Optional.empty();
    }
  }

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis);
  }
}
