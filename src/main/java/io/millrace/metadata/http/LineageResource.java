package io.millrace.metadata.http;

import io.millrace.base.Fields;
import io.millrace.metadata.Direction;
import io.millrace.metadata.Lineage;
import io.millrace.metadata.Metadata;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** Lineage of one artifact, by number, digest or name. */
@Path("/api/v1/lineage")
@Singleton
@RunOnVirtualThread
public class LineageResource {
  private final Metadata metadata;

  @Inject
  public LineageResource(Metadata metadata) {
    this.metadata = metadata;
  }

  @GET
  @Path("/{id: .+}")
  @Produces(MediaType.APPLICATION_JSON)
  public Lineage lineage(
      @PathParam("id") String id,
      @QueryParam("direction") @DefaultValue("both") String direction,
      @QueryParam("depth") @Nullable String depth) {
    return metadata.lineage(
        id,
        Direction.parse(direction),
        (int) Fields.number("depth", depth, 10, 0, Integer.MAX_VALUE));
  }
}
