package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.PipelineRun;
import io.millrace.pipelines.PipelineSummary;
import io.millrace.pipelines.Pipelines;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Pipelines, and the starting of their runs. */
@Path("/api/v1/pipelines")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class PipelineResource {
  private static final List<String> KEYS = List.of("params", "cache");

  private static final int MOST_RUNS = 1_000;

  private final Pipelines pipelines;

  @Inject
  public PipelineResource(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  @GET
  public JsonNode list() {
    return Json.object().set("pipelines", Json.tree(pipelines.pipelines()));
  }

  @GET
  @Path("/{name}")
  public PipelineSummary pipeline(@PathParam("name") String name) {
    return pipelines.pipeline(name);
  }

  @GET
  @Path("/{name}/runs")
  public JsonNode runs(
      @PathParam("name") String name, @QueryParam("limit") @Nullable String limit) {
    long most = Fields.number("limit", limit, MOST_RUNS, 1, MOST_RUNS);
    return Json.object().set("runs", Json.tree(pipelines.runs(name).stream().limit(most).toList()));
  }

  /** Starts a run: {"params": {NAME: VALUE}, "cache": true}. */
  @POST
  @Path("/{name}/runs")
  @Consumes(MediaType.WILDCARD)
  public PipelineRun start(@PathParam("name") String name, @Nullable JsonNode given) {
    var body = given == null ? Json.object() : Fields.object(given, KEYS);
    if (body.has("params") && !body.path("params").isObject())
      throw new InvalidInput("params", body.path("params"), "an object {NAME: VALUE}");
    if (body.has("cache") && !body.path("cache").isBoolean())
      throw new InvalidInput("cache", body.path("cache"), "true or false");
    var params = new TreeMap<String, JsonNode>();
    body.path("params").properties().forEach(p -> params.put(p.getKey(), p.getValue()));
    return pipelines.start(name, params, body.path("cache").asBoolean(true));
  }
}
