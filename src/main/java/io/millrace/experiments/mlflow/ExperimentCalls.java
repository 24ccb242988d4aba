package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.experiments.Experiment;
import io.millrace.experiments.ExperimentQuery;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.RunQuery.View;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** experiments/*. */
@Singleton
public class ExperimentCalls extends Calls {
  private static final int MOST = 50_000;
  static final Map<Integer, View> VIEWS =
      Map.of(1, View.ACTIVE_ONLY, 2, View.DELETED_ONLY, 3, View.ALL);

  private final Database database;
  private final Experiments experiments;

  @Inject
  public ExperimentCalls(Database database, Experiments experiments) {
    this.database = database;
    this.experiments = experiments;
    route("POST", "experiments/create", this::create);
    route(
        "GET",
        "experiments/get",
        (request, out) -> {
          long id = id(request);
          experiment(out, database.read(s -> experiments.experiment(s, id)));
        });
    route(
        "GET",
        "experiments/get-by-name",
        (request, out) -> {
          var name = request.text("experiment_name");
          experiment(
              out,
              database
                  .read(s -> experiments.find(s, name))
                  .orElseThrow(() ->
                      new NotFound("Could not find experiment with name '%s'".formatted(name))));
        });
    route("GET POST", "experiments/search", this::search);
    route(
        "POST",
        "experiments/update",
        (request, _) -> {
          long id = id(request);
          var name = request.optionalText("new_name");
          if (name != null) database.writing(tx -> experiments.rename(tx, id, name));
        });
    route(
        "POST",
        "experiments/delete",
        (request, _) -> {
          long id = id(request);
          database.writing(tx -> experiments.delete(tx, id));
        });
    route(
        "POST",
        "experiments/restore",
        (request, _) -> {
          long id = id(request);
          database.writing(tx -> experiments.restore(tx, id));
        });
    route(
        "POST",
        "experiments/set-experiment-tag",
        (request, _) -> {
          long id = id(request);
          var tag = Map.of(request.text("key"), request.text("value"));
          database.writing(tx -> experiments.setTags(tx, id, tag));
        });
    route(
        "POST",
        "experiments/delete-experiment-tag",
        (request, _) -> {
          long id = id(request);
          var key = request.text("key");
          database.writing(tx -> experiments.deleteTag(tx, id, key));
        });
  }

  static long id(Request request) {
    return id(request.text("experiment_id"));
  }

  static long id(String text) {
    if (!text.matches("\\d{1,18}"))
      throw new InvalidInput(
          "Invalid experiment ID '%s'. Experiment ID must be a valid integer.".formatted(text));
    return Long.parseLong(text);
  }

  private static void experiment(JsonGenerator out, Experiment experiment) throws IOException {
    out.writeFieldName("experiment");
    Render.experiment(out, experiment);
  }

  private void create(Request request, JsonGenerator out) throws IOException {
    var name = request.text("name");
    var location = request.optionalText("artifact_location");
    var tags = request.pairs("tags");
    var root =
        location == null || location.isEmpty()
            ? null
            : Locations.checked(location, "artifact_location");
    var made = database.write(tx -> experiments.create(tx, name, "", root, tags));
    out.writeStringField("experiment_id", String.valueOf(made.id()));
  }

  private void search(Request request, JsonGenerator out) throws IOException {
    int limit = request.limit("max_results", 1_000, MOST);
    long offset = PageToken.offset(request.optionalText("page_token"));
    var view = request.choice("view_type", VIEWS, View.class);
    var query =
        new ExperimentQuery(
            FilterParser.parse(request.optionalText("filter")),
            orders(request),
            view == null ? View.ACTIVE_ONLY : view,
            limit + 1,
            offset);
    Render.page(
        out,
        "experiments",
        database.read(s -> experiments.search(s, query)),
        limit,
        offset,
        Render::experiment);
  }

  static List<FilterParser.Order> orders(Request request) {
    var orders = new ArrayList<FilterParser.Order>();
    for (var clause : request.texts("order_by")) orders.add(FilterParser.order(clause));
    if (orders.size() > 20)
      throw new InvalidInput(
          "order_by: got %d clauses, expected 20 at most".formatted(orders.size()));
    return orders;
  }
}
