package io.millrace.metadata.http;

import io.millrace.metadata.Artifact;
import io.millrace.metadata.Metadata;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** One artifact, by number, digest or name. */
@Path("/api/v1/artifacts")
@Singleton
@RunOnVirtualThread
public class ArtifactResource {
  private final Metadata metadata;

  @Inject
  public ArtifactResource(Metadata metadata) {
    this.metadata = metadata;
  }

  @GET
  @Path("/{id: .+}")
  @Produces(MediaType.APPLICATION_JSON)
  public Artifact artifact(@PathParam("id") String id) {
    return metadata.artifact(id);
  }
}
