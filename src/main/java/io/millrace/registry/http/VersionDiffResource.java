package io.millrace.registry.http;

import io.millrace.base.InvalidInput;
import io.millrace.registry.VersionComparison;
import io.millrace.registry.VersionId;
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

/** What differs between two model versions. */
@Path("/api/v1/models/{name}/versions/{number}/diff")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class VersionDiffResource {
  private final VersionComparison comparison;

  @Inject
  public VersionDiffResource(VersionComparison comparison) {
    this.comparison = comparison;
  }

  /**
   * @param with the other version, NAME/VERSION
   */
  @GET
  public VersionComparison.Difference diff(
      @PathParam("name") String name,
      @PathParam("number") String number,
      @QueryParam("with") @Nullable String with) {
    if (with == null) throw new InvalidInput("with", "nothing", "the other version, NAME/VERSION");
    return comparison.diff(VersionId.parse(name + "/" + number), VersionId.parse(with));
  }
}
