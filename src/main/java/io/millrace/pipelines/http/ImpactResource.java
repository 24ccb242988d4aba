package io.millrace.pipelines.http;

import io.millrace.base.InvalidInput;
import io.millrace.pipelines.Impact;
import io.millrace.pipelines.Plans;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** What a change of something would make run, and what stands on that. */
@Path("/api/v1/impact")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ImpactResource {
  private final Plans plans;

  @Inject
  public ImpactResource(Plans plans) {
    this.plans = plans;
  }

  /**
   * @param node KIND:NAME, such as dataset:flights
   */
  @GET
  public Impact impact(@QueryParam("node") @Nullable String node) {
    if (node == null)
      throw new InvalidInput("node", "nothing", "KIND:NAME, such as dataset:flights");
    return plans.impact(node);
  }
}
