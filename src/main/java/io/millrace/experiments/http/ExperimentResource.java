package io.millrace.experiments.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.Metric;
import io.millrace.experiments.Run;
import io.millrace.experiments.RunId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** Experiments, their runs, and what the runs noted. */
@Path("/api/v1/experiments")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ExperimentResource {
  private final Database database;
  private final Experiments experiments;

  @Inject
  public ExperimentResource(Database database, Experiments experiments) {
    this.database = database;
    this.experiments = experiments;
  }

  @GET
  public JsonNode experiments() {
    var answer = Json.object();
    answer.set("experiments", Json.tree(database.read(experiments::experiments)));
    return answer;
  }

  @GET
  @Path("/{name}/runs")
  public JsonNode runs(@PathParam("name") String name) {
    return database.<JsonNode>read(s -> {
      var answer = Json.object();
      var runs = answer.putArray("runs");
      experiments.runs(s, name).forEach(run -> runs.add(json(s, run)));
      return answer;
    });
  }

  @GET
  @Path("/runs/{id}")
  public JsonNode run(@PathParam("id") String id) {
    return database.<JsonNode>read(s -> json(s, experiments.run(s, new RunId(id))));
  }

  /** Every value of one metric. */
  @GET
  @Path("/runs/{id}/metrics/{key: .+}")
  public JsonNode metric(@PathParam("id") String id, @PathParam("key") String key) {
    return database.<JsonNode>read(s -> {
      var run = experiments.run(s, new RunId(id));
      var answer = Json.object().put("key", key);
      answer.set("values", metrics(experiments.history(s, run.id(), key)));
      return answer;
    });
  }

  private ObjectNode json(Snapshot s, Run run) {
    ObjectNode json = Json.mapper().valueToTree(run);
    json.set("params", Json.tree(experiments.params(s, run.id())));
    json.set("metrics", metrics(experiments.latest(s, run.id())));
    return json;
  }

  /** JSON has no NaN and no infinity; a value that is none of its numbers is null. */
  private static JsonNode metrics(List<Metric> metrics) {
    var array = Json.array();
    for (var metric : metrics) {
      var json = array.addObject().put("key", metric.key());
      if (Double.isFinite(metric.value())) json.put("value", metric.value());
      else json.putNull("value");
      json.put("at", metric.at().toString()).put("step", metric.step());
    }
    return array;
  }
}
