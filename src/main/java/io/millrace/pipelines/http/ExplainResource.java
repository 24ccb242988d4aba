package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.pipelines.Explanations;
import io.millrace.pipelines.RunDifference;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why the steps of a run ran or did not, and what differs between two runs. */
@Path("/api/v1/runs/{id}")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ExplainResource {
  private final Explanations explanations;

  @Inject
  public ExplainResource(Explanations explanations) {
    this.explanations = explanations;
  }

  @GET
  @Path("/explain")
  public JsonNode explain(@PathParam("id") String id, @QueryParam("step") @Nullable String step) {
    var steps = step == null ? explanations.explain(id) : List.of(explanations.explain(id, step));
    return Json.object().put("run", id).set("steps", Json.tree(steps));
  }

  @GET
  @Path("/diff/{other}")
  public RunDifference diff(@PathParam("id") String id, @PathParam("other") String other) {
    return explanations.diff(id, other);
  }
}
