package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.Approval;
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
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What steps ask people, and what these decide. */
@Path("/api/v1/approvals")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ApprovalResource {
  private final Pipelines pipelines;

  @Inject
  public ApprovalResource(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  /** What waits, the oldest first. */
  @GET
  public JsonNode list() {
    return Json.object().set("approvals", Json.tree(pipelines.approvals()));
  }

  /** Decides: {"approve": true, "comment": TEXT}; the user is the server's own. */
  @POST
  @Path("/{run}/{step}")
  @Consumes(MediaType.WILDCARD)
  public Approval decide(
      @PathParam("run") String run, @PathParam("step") String step, @Nullable JsonNode given) {
    var body = Fields.object(given, List.of("approve", "comment"));
    if (!body.path("approve").isBoolean())
      throw new InvalidInput("approve", body.path("approve"), "true or false");
    if (body.has("comment") && !body.path("comment").isTextual())
      throw new InvalidInput("comment", body.path("comment"), "a text");
    return pipelines.decide(
        run,
        step,
        body.path("approve").booleanValue(),
        System.getProperty("user.name", "unknown"),
        body.path("comment").asText(""));
  }
}
