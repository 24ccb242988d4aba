package io.millrace.metadata.http;

import io.millrace.base.Fields;
import io.millrace.metadata.Direction;
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

/**
 * Lineage of one artifact, by number, digest or name: a Lineage, or LineageIds where ids are asked
 * for.
 */
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
  public Object lineage(
      @PathParam("id") String id,
      @QueryParam("direction") @DefaultValue("both") String direction,
      @QueryParam("depth") @Nullable String depth,
      @QueryParam("ids") @DefaultValue("false") boolean ids) {
    var way = Direction.parse(direction);
    int levels = (int) Fields.number("depth", depth, 10, 0, Integer.MAX_VALUE);
    return ids ? metadata.lineageIds(id, way, levels) : metadata.lineage(id, way, levels);
  }
}
