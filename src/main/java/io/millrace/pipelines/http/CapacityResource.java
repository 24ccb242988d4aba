package io.millrace.pipelines.http;

import io.millrace.pipelines.Capacity;
import io.millrace.pipelines.Pipelines;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Cores, memory and pools that steps take while they work. */
@Path("/api/v1/capacity")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class CapacityResource {
  private final Pipelines pipelines;

  @Inject
  public CapacityResource(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  /** How much there is and how much of it is free. */
  @GET
  public Capacity.Shown capacity() {
    return pipelines.capacity();
  }
}
