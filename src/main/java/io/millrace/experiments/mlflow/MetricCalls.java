package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.experiments.Metric;
import io.millrace.experiments.Runs;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** metrics/* and the searches of datasets: what reads histories. */
@Singleton
public class MetricCalls extends Calls {
  private static final int MOST_POINTS = 25_000;
  private static final int MOST_RUNS = 100;
  private static final int MOST_CHART = 2_500;

  private final Runs runs;

  @Inject
  public MetricCalls(Database database, Runs runs) {
    this.runs = runs;
    route("GET", "metrics/get-history", this::history);
    route("GET", "metrics/get-history-bulk", this::bulk);
    route("GET", "metrics/get-history-bulk-interval", this::interval);
    route(
        "POST",
        "experiments/search-datasets",
        (request, out) -> {
          var ids = new ArrayList<Long>();
          for (var id : request.texts("experiment_ids")) ids.add(ExperimentCalls.id(id));
          if (ids.isEmpty()) throw Request.missing("experiment_ids");
          if (ids.size() > 20)
            throw new InvalidInput(
                "experiment_ids: got %d, expected 20 at most".formatted(ids.size()));
          var found = database.read(s -> runs.datasets(s, ids, 1_000));
          if (found.isEmpty()) return;
          out.writeArrayFieldStart("dataset_summaries");
          for (var one : found) {
            out.writeStartObject();
            out.writeStringField("experiment_id", String.valueOf(one.experiment()));
            out.writeStringField("name", one.name());
            out.writeStringField("digest", one.digest());
            if (one.context() != null) out.writeStringField("context", one.context());
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }

  private void history(Request request, JsonGenerator out) throws IOException {
    var id = RunCalls.runId(request);
    var key = request.text("metric_key");
    long offset = PageToken.offset(request.optionalText("page_token"));
    int limit = request.limit("max_results", Integer.MAX_VALUE - 1, Integer.MAX_VALUE - 1);
    // Without a limit a page is bounded all the same; its token leads on.
    int page = Math.min(limit, 1_000_000);
    var points = runs.history(id, key, offset, page + 1);
    Render.page(out, "metrics", points, page, offset, Render::metric);
  }

  private void bulk(Request request, JsonGenerator out) throws IOException {
    var ids = ids(request, "run_id");
    var key = request.text("metric_key");
    int limit = request.limit("max_results", MOST_POINTS, MOST_POINTS);
    out.writeArrayFieldStart("metrics");
    int left = limit;
    for (var run : ids) {
      for (var metric : runs.history(RunCalls.known(run), key, 0, left)) {
        point(out, run, metric);
        left--;
      }
      if (left == 0) break;
    }
    out.writeEndArray();
  }

  private void interval(Request request, JsonGenerator out) throws IOException {
    var ids = ids(request, "run_ids");
    var key = request.text("metric_key");
    var start = request.optionalWhole("start_step");
    var end = request.optionalWhole("end_step");
    if ((start == null) != (end == null))
      throw new InvalidInput(
          "If either start step or end step are specified, both must be specified.");
    if (start != null && end != null && start > end)
      throw new InvalidInput(
          "End step must be greater than start step. Found start_step=%d and end_step=%d."
              .formatted(start, end));
    int limit = request.limit("max_results", MOST_CHART, MOST_CHART);
    var first = true;
    for (var run : ids) {
      var points =
          runs.sample(
              RunCalls.known(run),
              key,
              start == null ? Long.MIN_VALUE : start,
              end == null ? Long.MAX_VALUE : end,
              limit);
      for (var metric : points) {
        if (first) out.writeArrayFieldStart("metrics");
        first = false;
        point(out, run, metric);
      }
    }
    if (!first) out.writeEndArray();
  }

  private static List<String> ids(Request request, String name) {
    var runs = request.texts(name);
    if (runs.isEmpty()) throw Request.missing(name);
    if (runs.size() > MOST_RUNS)
      throw new InvalidInput(
          "%s: got %d, expected %d at most".formatted(name, runs.size(), MOST_RUNS));
    return runs;
  }

  private static void point(JsonGenerator out, String run, Metric metric) throws IOException {
    out.writeStartObject();
    Render.fields(out, metric);
    out.writeStringField("run_id", run);
    out.writeEndObject();
  }
}
