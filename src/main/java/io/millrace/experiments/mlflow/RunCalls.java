package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.experiments.DatasetInput;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.Limit;
import io.millrace.experiments.LoggedModel.ModelMetric;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.Metric;
import io.millrace.experiments.MetricPoints;
import io.millrace.experiments.RunData.ModelRef;
import io.millrace.experiments.RunId;
import io.millrace.experiments.RunQuery;
import io.millrace.experiments.RunQuery.View;
import io.millrace.experiments.RunState;
import io.millrace.experiments.Runs;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** runs/* but for what reads histories. */
@Singleton
public class RunCalls extends Calls {
  private static final int PAGE = 1_000;
  private static final int MOST = 50_000;
  private static final Map<Integer, RunState> STATES =
      Map.of(
          1, RunState.RUNNING,
          2, RunState.SCHEDULED,
          3, RunState.FINISHED,
          4, RunState.FAILED,
          5, RunState.KILLED);

  private final Database database;
  private final Runs runs;
  private final LoggedModels models;

  @Inject
  public RunCalls(Database database, Runs runs, LoggedModels models) {
    this.database = database;
    this.runs = runs;
    this.models = models;
    route("POST", "runs/create", this::create);
    route("GET", "runs/get", (request, out) -> run(out, runId(request)));
    route("POST", "runs/update", this::update);
    route(
        "POST",
        "runs/delete",
        (request, _) -> {
          var id = runId(request);
          database.writing(tx -> runs.delete(tx, id));
        });
    route(
        "POST",
        "runs/restore",
        (request, _) -> {
          var id = runId(request);
          database.writing(tx -> runs.restore(tx, id));
        });
    route("POST", "runs/search", this::search);
    route("POST", "runs/log-metric", this::logMetric);
    route("POST", "runs/log-parameter", this::logParameter);
    route("POST", "runs/log-batch", this::logBatch);
    route("POST", "runs/set-tag", this::setTag);
    route(
        "POST",
        "runs/delete-tag",
        (request, _) -> {
          var id = runId(request);
          var key = request.text("key");
          database.writing(tx -> runs.deleteTag(tx, id, key));
        });
    route("POST", "runs/log-inputs", this::logInputs);
    route("POST", "runs/outputs", this::outputs);
    route("POST", "runs/log-model", this::logModel);
  }

  static RunId runId(Request request) {
    var id = optionalRunId(request);
    if (id == null) throw Request.missing("run_id");
    return id;
  }

  static @Nullable RunId optionalRunId(Request request) {
    var id = request.text("run_id", "");
    if (id.isEmpty()) id = request.text("run_uuid", "");
    if (id.isEmpty()) return null;
    return known(id);
  }

  /** An id of another shape is that of no run. */
  static RunId known(String id) {
    if (!id.matches("[0-9a-f]{32}"))
      throw new io.millrace.base.NotFound(
          "Run with id=%s not found"
              .formatted(id.length() > 100 ? id.substring(0, 100) + "..." : id));
    return new RunId(id);
  }

  private void run(JsonGenerator out, RunId id) throws IOException {
    out.writeFieldName("run");
    Render.run(out, runs.data(id), true);
  }

  private void create(Request request, JsonGenerator out) throws IOException {
    long experiment = ExperimentCalls.id(request.text("experiment_id", "0"));
    var started = request.optionalWhole("start_time");
    var tags = new TreeMap<String, String>();
    request
        .pairs("tags")
        .forEach((key, value) -> tags.put(key, request.cut(value, Limit.TAG_VALUE, "tags." + key)));
    var wanted =
        new Runs.NewRun(
            experiment,
            request.text("run_name", ""),
            request.text("user_id", ""),
            Instant.ofEpochMilli(started == null ? 0 : started),
            tags,
            null);
    var made = database.write(tx -> runs.create(tx, wanted));
    out.writeFieldName("run");
    out.writeStartObject();
    out.writeFieldName("info");
    Render.info(out, made);
    out.writeObjectFieldStart("data");
    tags.put(Runs.RUN_NAME, made.name());
    Render.pairs(out, "tags", tags);
    out.writeEndObject();
    out.writeObjectFieldStart("inputs");
    out.writeEndObject();
    out.writeEndObject();
  }

  private void update(Request request, JsonGenerator out) throws IOException {
    var id = runId(request);
    var state = request.choice("status", STATES, RunState.class);
    var ended = request.optionalWhole("end_time");
    var name = request.optionalText("run_name");
    var updated =
        database.write(tx ->
            runs.update(tx, id, state, ended == null ? null : Instant.ofEpochMilli(ended), name));
    out.writeFieldName("run_info");
    Render.info(out, updated);
  }

  private void search(Request request, JsonGenerator out) throws IOException {
    var ids = new LinkedHashSet<Long>();
    for (var id : request.texts("experiment_ids")) ids.add(ExperimentCalls.id(id));
    int limit = request.limit("max_results", PAGE, MOST);
    long offset = PageToken.offset(request.optionalText("page_token"));
    var view = request.choice("run_view_type", ExperimentCalls.VIEWS, View.class);
    var filter = FilterParser.parse(request.optionalText("filter"));
    var orders = ExperimentCalls.orders(request);
    if (ids.isEmpty()) return;
    var found =
        runs.search(
            new RunQuery(
                List.copyOf(ids),
                filter,
                orders,
                view == null ? View.ACTIVE_ONLY : view,
                limit + 1,
                offset));
    Render.page(
        out,
        "runs",
        found,
        limit,
        offset,
        (o, run) -> Render.run(o, run, !run.outputs().isEmpty()));
  }

  private void logMetric(Request request, JsonGenerator out) {
    var id = runId(request);
    var metric = metric(request.body(), "", "key");
    var points = MetricPoints.of(List.of(metric));
    var model = request.text("model_id", "");
    database.writing(tx -> {
      runs.log(tx, id, Map.of(), points, Map.of());
      if (!model.isEmpty()) models.log(tx, model, ofModel(request.body(), metric, id));
    });
  }

  private static ModelMetric ofModel(JsonNode json, Metric metric, RunId run) {
    var name = Request.optionalText(json, "dataset_name", "dataset_name");
    var digest = Request.optionalText(json, "dataset_digest", "dataset_digest");
    return new ModelMetric(
        metric, run.value(), name == null ? "" : name, digest == null ? "" : digest);
  }

  /**
   * @param prefix where the metric stands, such as metrics[0]. with its dot
   * @param called what messages call its key
   */
  private static Metric metric(JsonNode json, String prefix, String called) {
    var key = Request.text(json, "key", prefix + "key");
    if (key.isEmpty()) throw Request.missing(prefix + "key");
    Limit.key(key, prefix.isEmpty() ? called : prefix + "name");
    double value = Request.number(json, "value", prefix + "value");
    long at = Request.whole(json, "timestamp", prefix + "timestamp");
    if (at < 0)
      throw new InvalidInput(
          "Invalid value %d for parameter '%stimestamp' supplied: metric timestamp must be >= 0."
              .formatted(at, prefix));
    var step = Request.optionalWhole(json, "step", prefix + "step");
    return new Metric(key, value, Instant.ofEpochMilli(at), step == null ? 0 : step);
  }

  private void logParameter(Request request, JsonGenerator out) {
    var id = runId(request);
    var key = Limit.key(request.text("key"), "key");
    var value = request.cut(request.text("value", ""), Limit.PARAM_VALUE, "value");
    database.writing(tx -> runs.log(tx, id, Map.of(key, value), null, Map.of()));
  }

  private void setTag(Request request, JsonGenerator out) {
    var id = runId(request);
    var key = Limit.key(request.text("key"), "key");
    var value = request.cut(request.text("value", ""), Limit.TAG_VALUE, "value");
    database.writing(tx -> runs.log(tx, id, Map.of(), null, Map.of(key, value)));
  }

  private void logBatch(Request request, JsonGenerator out) {
    var id = runId(request);
    var metrics = request.list("metrics");
    var params = request.list("params");
    var tags = request.list("tags");
    most("metrics", metrics.size(), Limit.BATCH);
    most("params", params.size(), Limit.BATCH_PARAMS);
    most("tags", tags.size(), Limit.BATCH_PARAMS);
    if (metrics.size() + params.size() + tags.size() > Limit.BATCH)
      throw new InvalidInput(
          "A batch logging request can contain at most %d metrics, params, and tags in total. Got %d. Please split up the batch across multiple requests and try again."
              .formatted(Limit.BATCH, metrics.size() + params.size() + tags.size()));
    var points = new ArrayList<Metric>(metrics.size());
    var ofModels = new ArrayList<Map.Entry<String, ModelMetric>>();
    for (int i = 0; i < metrics.size(); i++) {
      var metric = metric(metrics.get(i), "metrics[%d].".formatted(i), "name");
      points.add(metric);
      var model =
          Request.optionalText(metrics.get(i), "model_id", "metrics[%d].model_id".formatted(i));
      if (model != null && !model.isEmpty())
        ofModels.add(Map.entry(model, ofModel(metrics.get(i), metric, id)));
    }
    var values = pairs(request, params, "params", Limit.PARAM_VALUE);
    var labels = pairs(request, tags, "tags", Limit.TAG_VALUE);
    var ready = points.isEmpty() ? null : MetricPoints.of(points);
    database.writing(tx -> {
      runs.log(tx, id, values, ready, labels);
      ofModels.forEach(one -> models.log(tx, one.getKey(), one.getValue()));
    });
  }

  private static void most(String what, int got, int most) {
    if (got > most)
      throw new InvalidInput(
          "A batch logging request can contain at most %d %s. Got %d %s. Please split up %s across multiple requests and try again."
              .formatted(most, what, got, what, what));
  }

  private static Map<String, String> pairs(
      Request request, List<JsonNode> elements, String list, int most) {
    var pairs = new LinkedHashMap<String, String>();
    var twice = new LinkedHashSet<String>();
    for (int i = 0; i < elements.size(); i++) {
      var where = "%s[%d].".formatted(list, i);
      var key = Limit.key(Request.text(elements.get(i), "key", where + "key"), where + "key");
      var value = Request.optionalText(elements.get(i), "value", where + "value");
      if (pairs.put(key, request.cut(value == null ? "" : value, most, where + "value")) != null)
        twice.add(key);
    }
    if (list.equals("params") && !twice.isEmpty())
      throw new InvalidInput(
          "Duplicate parameter keys have been submitted: ['%s']. Please ensure the request contains only one param value per param key."
              .formatted(String.join("', '", twice)));
    return pairs;
  }

  private void logInputs(Request request, JsonGenerator out) {
    var id = runId(request);
    var datasets = new ArrayList<DatasetInput>();
    int i = 0;
    for (var input : request.list("datasets")) {
      var where = "datasets[%d].".formatted(i++);
      var dataset = Request.field(input, "dataset");
      if (dataset == null) throw Request.missing(where + "dataset");
      var tags = new TreeMap<String, String>();
      var given = Request.field(input, "tags");
      if (given != null)
        for (var tag : given) {
          var value = Request.optionalText(tag, "value", where + "tags.value");
          tags.put(Request.text(tag, "key", where + "tags.key"), value == null ? "" : value);
        }
      datasets.add(
          new DatasetInput(
              Request.text(dataset, "name", where + "dataset.name"),
              Request.text(dataset, "digest", where + "dataset.digest"),
              Request.text(dataset, "source_type", where + "dataset.source_type"),
              Request.text(dataset, "source", where + "dataset.source"),
              Request.optionalText(dataset, "schema", where + "dataset.schema"),
              Request.optionalText(dataset, "profile", where + "dataset.profile"),
              tags));
    }
    var inputModels = new ArrayList<String>();
    for (var model : request.list("models"))
      inputModels.add(Request.text(model, "model_id", "models.model_id"));
    database.writing(tx -> runs.logInputs(tx, id, datasets, inputModels));
  }

  private void outputs(Request request, JsonGenerator out) {
    var id = runId(request);
    var outputs = new ArrayList<ModelRef>();
    for (var model : request.list("models")) {
      var step = Request.optionalWhole(model, "step", "models.step");
      outputs.add(
          new ModelRef(
              Request.text(model, "model_id", "models.model_id"), step == null ? 0 : step));
    }
    database.writing(tx -> runs.logOutputs(tx, id, outputs));
  }

  /** How 2.x clients say that a run's folder holds a model: it becomes part of a tag. */
  private void logModel(Request request, JsonGenerator out) {
    var id = runId(request);
    var text = request.text("model_json");
    var model = io.millrace.base.Json.parse(text);
    if (!model.isObject() || !model.has("artifact_path") || !model.has("flavors"))
      throw new InvalidInput(
          "Invalid value for parameter 'model_json' supplied: expected a JSON object with artifact_path and flavors");
    database.writing(tx -> runs.appendToHistory(tx, id, model));
  }
}
