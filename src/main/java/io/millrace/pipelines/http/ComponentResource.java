package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.pipelines.ComponentSummary;
import io.millrace.pipelines.Pipelines;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** What a step of a pipeline can use. */
@Path("/api/v1/components")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ComponentResource {
  private final Pipelines pipelines;

  @Inject
  public ComponentResource(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  @GET
  public JsonNode list() {
    return Json.object().set("components", Json.tree(pipelines.components()));
  }

  /** ROOM/NOUN of the program's own, or the name of a project's. */
  @GET
  @Path("/{name:.+}")
  public ComponentSummary component(
      @PathParam("name") String name, @QueryParam("project") @Nullable String project) {
    return pipelines.component(name, project);
  }
}
