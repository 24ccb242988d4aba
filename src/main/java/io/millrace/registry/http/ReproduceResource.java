package io.millrace.registry.http;

import io.millrace.registry.VersionId;
import io.millrace.registry.VersionReproduction;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Makes a model version again; answers when that is done. */
@Path("/api/v1/models/{name}/versions/{number}/reproduce")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ReproduceResource {
  private final VersionReproduction reproduction;

  @Inject
  public ReproduceResource(VersionReproduction reproduction) {
    this.reproduction = reproduction;
  }

  @POST
  @Consumes(MediaType.WILDCARD)
  public VersionReproduction.Outcome reproduce(
      @PathParam("name") String name, @PathParam("number") String number) {
    return reproduction.reproduce(VersionId.parse(name + "/" + number));
  }
}
