package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.Comparison;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.LoggedModel;
import io.millrace.experiments.LoggedModel.Status;
import io.millrace.experiments.LoggedModelQuery;
import io.millrace.experiments.LoggedModels;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** logged-models/*. */
@Singleton
public class LoggedModelCalls extends Calls {
  private static final Map<Integer, Status> STATUSES =
      Map.of(
          1, Status.LOGGED_MODEL_PENDING,
          2, Status.LOGGED_MODEL_READY,
          3, Status.LOGGED_MODEL_UPLOAD_FAILED);

  private final Database database;
  private final LoggedModels models;
  private final FileTree files;

  @Inject
  public LoggedModelCalls(Database database, LoggedModels models, FileTree files) {
    this.database = database;
    this.models = models;
    this.files = files;
    route("POST", "logged-models", this::create);
    route("POST", "logged-models/search", this::search);
    route(
        "GET",
        "logged-models/{model_id}",
        (request, out) -> {
          var id = request.text("model_id");
          boolean deleted = request.flag("allow_deleted");
          model(out, database.read(s -> models.model(s, id, deleted)));
        });
    route(
        "PATCH",
        "logged-models/{model_id}",
        (request, out) -> {
          var id = request.text("model_id");
          var status = request.choice("status", STATUSES, Status.class);
          if (status == null) throw Request.missing("status");
          model(
              out,
              database.write(
                  tx -> models.end(tx, id, status, request.optionalText("status_message"))));
        });
    route(
        "DELETE",
        "logged-models/{model_id}",
        (request, _) -> {
          var id = request.text("model_id");
          database.writing(tx -> models.delete(tx, id));
        });
    route(
        "PATCH",
        "logged-models/{model_id}/tags",
        (request, out) -> {
          var id = request.text("model_id");
          var tags = request.pairs("tags");
          model(out, database.write(tx -> models.setTags(tx, id, tags)));
        });
    route(
        "DELETE",
        "logged-models/{model_id}/tags/{tag_key}",
        (request, _) -> {
          var id = request.text("model_id");
          var key = request.text("tag_key");
          database.writing(tx -> models.deleteTag(tx, id, key));
        });
    route(
        "POST",
        "logged-models/{model_id}/params",
        (request, _) -> {
          var id = request.text("model_id");
          var params = request.pairs("params");
          database.writing(tx -> models.addParams(tx, id, params));
        });
    route("GET", "logged-models/{model_id}/artifacts/directories", this::list);
  }

  private static void model(JsonGenerator out, LoggedModel model) throws IOException {
    out.writeFieldName("model");
    Render.model(out, model);
  }

  private void create(Request request, JsonGenerator out) throws IOException {
    long experiment = ExperimentCalls.id(request);
    var name = request.text("name", "");
    var type = request.text("model_type", "");
    var run = request.optionalText("source_run_id");
    var params = request.pairs("params");
    var tags = request.pairs("tags");
    model(out, database.write(tx -> models.create(tx, experiment, name, type, run, params, tags)));
  }

  private void search(Request request, JsonGenerator out) throws IOException {
    var experiments = new ArrayList<Long>();
    for (var id : request.texts("experiment_ids")) experiments.add(ExperimentCalls.id(id));
    if (experiments.isEmpty()) throw Request.missing("experiment_ids");
    int limit = request.limit("max_results", 50, 50_000);
    long offset = PageToken.offset(request.optionalText("page_token"));
    var datasets = new ArrayList<LoggedModelQuery.Dataset>();
    for (var dataset : request.list("datasets"))
      datasets.add(
          new LoggedModelQuery.Dataset(
              Request.text(dataset, "dataset_name", "datasets.dataset_name"),
              Request.optionalText(dataset, "dataset_digest", "datasets.dataset_digest")));
    var orders = new ArrayList<LoggedModelQuery.Order>();
    for (var order : request.list("order_by")) {
      var field = field(Request.text(order, "field_name", "order_by.field_name"));
      var ascending = Request.field(order, "ascending");
      var dataset = Request.optionalText(order, "dataset_name", "order_by.dataset_name");
      orders.add(
          new LoggedModelQuery.Order(
              field,
              ascending == null || ascending.asBoolean(true),
              dataset == null || dataset.isEmpty()
                  ? null
                  : new LoggedModelQuery.Dataset(
                      dataset,
                      Request.optionalText(order, "dataset_digest", "order_by.dataset_digest"))));
    }
    var query =
        new LoggedModelQuery(
            experiments,
            FilterParser.parse(request.optionalText("filter")),
            datasets,
            orders,
            limit + 1,
            offset);
    Render.page(
        out, "models", database.read(s -> models.search(s, query)), limit, offset, Render::model);
  }

  private static Comparison.Field field(String name) {
    int dot = name.indexOf('.');
    @Nullable String type = dot < 0 ? null : name.substring(0, dot);
    if (type != null && !type.equals("metrics") && !type.equals("attributes"))
      throw new InvalidInput(
          "Invalid order by field name: %s; expected an attribute, or metrics.KEY".formatted(name));
    var key = name.substring(dot + 1);
    if (key.length() > 1 && (key.startsWith("`") || key.startsWith("\"")))
      key = key.substring(1, key.length() - 1);
    return new Comparison.Field(type, key);
  }

  private void list(Request request, JsonGenerator out) throws IOException {
    var id = request.text("model_id");
    var model = database.read(s -> models.model(s, id, false));
    var below = request.text("artifact_directory_path", "");
    out.writeStringField("root_uri", model.artifacts());
    ArtifactLists.write(
        out, database, files, ArtifactRoot.path(model.artifacts()).orElse(""), below);
  }
}
