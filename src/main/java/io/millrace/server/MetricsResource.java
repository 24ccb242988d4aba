package io.millrace.server;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;

/** For Prometheus: what is counted and measured here. */
@Path("/metrics")
@Singleton
@RunOnVirtualThread
public class MetricsResource {
  private final Meters meters;

  @Inject
  MetricsResource(Meters meters) {
    this.meters = meters;
  }

  @GET
  @Produces(Meters.FORMAT)
  public String metrics() {
    return meters.text();
  }
}
