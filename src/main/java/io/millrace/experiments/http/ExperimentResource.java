package io.millrace.experiments.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.Experiment;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.Metric;
import io.millrace.experiments.Removals;
import io.millrace.experiments.RunData;
import io.millrace.experiments.RunId;
import io.millrace.experiments.RunQuery;
import io.millrace.experiments.RunUsers;
import io.millrace.experiments.Runs;
import io.quarkus.arc.All;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Experiments, their runs, and what the runs noted. */
@Path("/api/v1/experiments")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ExperimentResource {
  private static final int MOST_RUNS = 10_000;
  private static final int MOST_COMPARED = 100;
  private static final int MOST_FILES = 1_000;

  private final Database database;
  private final Experiments experiments;
  private final Runs allRuns;
  private final Removals removals;
  private final FileTree files;
  private final List<RunUsers> users;

  @Inject
  public ExperimentResource(
      Database database,
      Experiments experiments,
      Runs runs,
      FileTree files,
      @All List<RunUsers> users) {
    this.database = database;
    this.experiments = experiments;
    this.allRuns = runs;
    this.removals = new Removals(experiments, runs, files);
    this.files = files;
    this.users = users;
  }

  /** An experiment to be made. */
  public record NewExperiment(
      String name, @Nullable String folder, @Nullable Map<String, String> tags) {}

  /** Which runs, and where to. */
  public record Move(List<String> runs, String experiment, @Nullable Boolean copy) {}

  /** A promise to be heard of within that many seconds. */
  public record Lease(long seconds) {}

  /**
   * The experiments, by name.
   *
   * @param folder only those that are listed in it or below it
   */
  @GET
  public JsonNode experiments(@QueryParam("folder") @Nullable String folder) {
    var all = database.read(experiments::list);
    var found =
        folder == null || folder.isEmpty()
            ? all
            : all.stream()
                .filter(e -> e.folder().equals(folder) || e.folder().startsWith(folder + "/"))
                .toList();
    var folders = all.stream().map(Experiment::folder).filter(f -> !f.isEmpty()).toList();
    if (found.isEmpty() && folder != null)
      throw new NotFound(
          "no experiment is in the folder \"%s\"%s"
              .formatted(folder, Names.suggestion(folder, new TreeSet<>(folders))));
    return Json.object().set("experiments", Json.tree(found));
  }

  @POST
  public Experiment create(NewExperiment request) {
    return database.write(tx ->
        experiments.create(
            tx,
            request.name(),
            request.folder() == null ? "" : request.folder(),
            null,
            request.tags() == null ? Map.of() : request.tags()));
  }

  @GET
  @Path("/{name}")
  public Experiment experiment(@PathParam("name") String name) {
    return database.read(s -> experiments.named(s, name));
  }

  /** Lists the experiment in a folder; an empty one takes it out. */
  @POST
  @Path("/{name}/folder")
  public Experiment folder(@PathParam("name") String name, Map<String, String> request) {
    return database.write(tx -> {
      var experiment = experiments.named(tx, name);
      experiments.moveToFolder(tx, experiment.id(), request.getOrDefault("folder", ""));
      return experiments.experiment(tx, experiment.id());
    });
  }

  /**
   * The runs of an experiment, the newest first, or as a filter and an order in MLflow's grammar
   * say.
   *
   * @param columns what to show of each run, such as metrics.auc; everything where it is left out
   */
  @GET
  @Path("/{name}/runs")
  public JsonNode runs(
      @PathParam("name") String name,
      @QueryParam("filter") @Nullable String filter,
      @QueryParam("order_by") List<String> order,
      @QueryParam("columns") @Nullable String columns,
      @QueryParam("limit") @DefaultValue("1000") int limit,
      @QueryParam("offset") @DefaultValue("0") long offset) {
    if (limit < 1 || limit > MOST_RUNS)
      throw new InvalidInput("limit", limit, "1 to %,d".formatted(MOST_RUNS));
    if (offset < 0) throw new InvalidInput("offset", offset, "0 or more");
    var experiment = database.read(s -> experiments.named(s, name));
    var query =
        new RunQuery(
            List.of(experiment.id()),
            FilterParser.parse(filter),
            order.stream().map(FilterParser::order).toList(),
            RunQuery.View.ACTIVE_ONLY,
            limit,
            offset);
    var wanted = columns == null || columns.isBlank() ? null : Columns.of(columns);
    var answer = Json.object();
    var runs = answer.putArray("runs");
    allRuns.search(query).forEach(run -> runs.add(json(run, wanted)));
    return answer;
  }

  @GET
  @Path("/runs/{id}")
  public JsonNode run(@PathParam("id") String id) {
    var run = new RunId(id);
    var json = json(allRuns.data(run), null);
    var ranges = json.putArray("ranges");
    for (var metric : allRuns.summaries(run)) {
      var range =
          ranges.addObject().put("key", metric.latest().key()).put("points", metric.points());
      number(range, "min", metric.least());
      number(range, "max", metric.greatest());
    }
    json.set("children", Json.tree(database.read(s -> allRuns.children(s, run))));
    files(json);
    return json;
  }

  /** The run's files below its root: the first by path, and how many there are in all. */
  private void files(ObjectNode json) {
    var listed = json.putArray("files");
    var root = ArtifactRoot.path(json.path("artifacts").asText());
    if (root.isEmpty()) return;
    var found = database.read(s -> files.below(s, root.get()));
    found.stream()
        .limit(MOST_FILES)
        .forEach(file ->
            listed
                .addObject()
                .put("path", file.path().substring(root.get().length() + 1))
                .put("size", file.size()));
    json.put("file_count", found.size());
  }

  /** Several runs beside each other: for each key what every run has, and whether they differ. */
  @GET
  @Path("/compare")
  public JsonNode compare(@QueryParam("runs") @Nullable String ids) {
    if (ids == null || ids.isBlank())
      throw new InvalidInput("runs", "", "the runs' ids, with commas between them");
    var wanted = List.of(ids.split(","));
    if (wanted.size() > MOST_COMPARED)
      throw new InvalidInput("runs", wanted.size(), "%d runs at most".formatted(MOST_COMPARED));
    var found = wanted.stream().map(id -> allRuns.data(new RunId(id.strip()))).toList();
    var answer = Json.object();
    answer.set("names", Json.tree(found.stream().map(d -> d.run().name()).toList()));
    answer.set("runs", Json.tree(found.stream().map(d -> d.run().id().value()).toList()));
    answer.set("params", beside(found.stream().map(RunData::params).toList()));
    answer.set("tags", beside(found.stream().map(RunData::tags).toList()));
    var metrics = new ArrayList<Map<String, String>>();
    for (var data : found) {
      var values = new java.util.TreeMap<String, String>();
      for (var metric : data.metrics()) values.put(metric.key(), String.valueOf(metric.value()));
      metrics.add(values);
    }
    answer.set("metrics", beside(metrics));
    return answer;
  }

  private static JsonNode beside(List<? extends Map<String, String>> runs) {
    var keys = new TreeSet<String>();
    runs.forEach(run -> keys.addAll(run.keySet()));
    var rows = Json.array();
    for (var key : keys) {
      var row = rows.addObject().put("key", key);
      var values = row.putArray("values");
      runs.forEach(run -> values.add(run.get(key)));
      row.put(
          "differs", runs.stream().map(run -> String.valueOf(run.get(key))).distinct().count() > 1);
    }
    return rows;
  }

  /** Moves runs to another experiment, or copies them with all they noted. */
  @POST
  @Path("/runs/move")
  public JsonNode move(Move request) {
    var ids = request.runs().stream().map(RunId::new).toList();
    var moved = Json.array();
    var target = database.read(s -> experiments.named(s, request.experiment()));
    boolean copy = Boolean.TRUE.equals(request.copy());
    for (var id : ids) {
      if (copy) moved.add(allRuns.copy(id, target.id()).id().value());
      else {
        database.writing(tx -> allRuns.move(tx, id, target.id()));
        moved.add(id.value());
      }
    }
    var answer = Json.object();
    answer.set("runs", moved);
    return answer;
  }

  /** Promises to be heard of; whatever is logged renews the promise. */
  @POST
  @Path("/runs/{id}/lease")
  public JsonNode lease(@PathParam("id") String id, Lease lease) {
    var run = new RunId(id);
    database.writing(tx -> allRuns.lease(tx, run, Duration.ofSeconds(lease.seconds())));
    return run(id);
  }

  /** Deletes a run so that restore brings it back. */
  @POST
  @Path("/runs/{id}/delete")
  public JsonNode delete(@PathParam("id") String id) {
    var run = new RunId(id);
    database.writing(tx -> allRuns.delete(tx, allRuns.activeRun(tx, run).id()));
    return run(id);
  }

  @POST
  @Path("/runs/{id}/restore")
  public JsonNode restore(@PathParam("id") String id) {
    var run = new RunId(id);
    database.writing(tx -> allRuns.restore(tx, run));
    return run(id);
  }

  /** What deleting the run for good would take away, and what would break. */
  @GET
  @Path("/runs/{id}/removal")
  public Removals.Removal removal(@PathParam("id") String id) {
    return database.read(s -> removals.preview(s, List.of(new RunId(id)), users));
  }

  /**
   * Deletes a run that was deleted before, for good; refused where something relies on it, unless
   * forced.
   */
  @DELETE
  @Path("/runs/{id}")
  public Removals.Removal remove(
      @PathParam("id") String id, @QueryParam("force") @DefaultValue("false") boolean force) {
    var run = new RunId(id);
    return database.write(tx -> {
      if (allRuns.run(tx, run).isActive())
        throw new io.millrace.base.Conflict(
            "run %s is active: delete it first, then for good".formatted(id));
      var removal = removals.preview(tx, List.of(run), users);
      if (!removal.breaks().isEmpty() && !force)
        throw new io.millrace.base.Conflict(
            "run %s is relied on: %s; say force=true to delete it all the same"
                .formatted(id, String.join("; ", removal.breaks())));
      removals.remove(tx, List.of(run));
      return removal;
    });
  }

  /** Every value of one metric, or the range of each of at most that many stretches of it. */
  @GET
  @Path("/runs/{id}/metrics/{key: .+}")
  public JsonNode metric(
      @PathParam("id") String id,
      @PathParam("key") String key,
      @QueryParam("stretches") @Nullable Integer stretches,
      @QueryParam("points") @Nullable Integer points) {
    var run = new RunId(id);
    var answer = Json.object().put("key", key);
    database.read(s -> allRuns.run(s, run));
    if (stretches != null) {
      if (stretches < 1 || stretches > 10_000)
        throw new InvalidInput("stretches", stretches, "1 to 10,000");
      var array = answer.putArray("stretches");
      for (var one : allRuns.stretches(run, key, stretches)) {
        var json =
            array
                .addObject()
                .put("first_step", one.firstStep())
                .put("last_step", one.lastStep())
                .put("points", one.points());
        number(json, "min", one.least());
        number(json, "max", one.greatest());
      }
      return answer;
    }
    if (points != null && (points < 1 || points > 100_000))
      throw new InvalidInput("points", points, "1 to 100,000");
    var values =
        points == null
            ? allRuns.history(run, key, 0, 1_000_000)
            : allRuns.sample(run, key, Long.MIN_VALUE, Long.MAX_VALUE, points);
    if (values.isEmpty()) throw new NotFound("metric of run %s".formatted(id), key);
    answer.set("values", metrics(values));
    return answer;
  }

  private static ObjectNode json(RunData data, @Nullable Set<String> columns) {
    var run = data.run();
    var json =
        Json.object()
            .put("id", run.id().value())
            .put("experiment", run.experiment())
            .put("name", run.name())
            .put("user", run.user())
            .put("state", run.status().state().name())
            .put("lifecycle", run.status().lifecycle().name())
            .put("started_at", run.status().startedAt().toString())
            .put("artifacts", run.artifacts());
    var ended = run.status().endedAt();
    if (ended == null) json.putNull("ended_at");
    else json.put("ended_at", ended.toString());
    var origin = run.origin();
    if (origin != null) json.put("pipeline_run", origin.pipelineRun()).put("step", origin.step());
    if (columns == null) {
      json.set("params", Json.tree(data.params()));
      json.set("tags", Json.tree(data.tags()));
      json.set("metrics", metrics(data.metrics()));
      json.set("datasets", Json.tree(data.datasets()));
      json.set("models", Json.tree(data.outputs()));
      return json;
    }
    var params = Json.object();
    data.params()
        .forEach((key, value) -> {
          if (columns.contains("params." + key)) params.put(key, value);
        });
    var tags = Json.object();
    data.tags()
        .forEach((key, value) -> {
          if (columns.contains("tags." + key)) tags.put(key, value);
        });
    json.set("params", params);
    json.set("tags", tags);
    json.set(
        "metrics",
        metrics(
            data.metrics().stream().filter(m -> columns.contains("metrics." + m.key())).toList()));
    return json;
  }

  /** JSON has no NaN and no infinity; a value that is none of its numbers is null. */
  private static JsonNode metrics(List<Metric> metrics) {
    var array = Json.array();
    for (var metric : metrics) {
      var json = array.addObject().put("key", metric.key());
      number(json, "value", metric.value());
      json.put("at", metric.at().toString()).put("step", metric.step());
    }
    return array;
  }

  private static void number(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) json.put(name, value);
    else json.putNull(name);
  }
}
