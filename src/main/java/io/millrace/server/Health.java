package io.millrace.server;

import io.millrace.base.Program;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;

/** For probes: that the server serves, and which program it is. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public final class Health {
  @GET
  @Path("health")
  public Map<String, String> health() {
    return Map.of("status", "ok");
  }

  @GET
  @Path("version")
  public Map<String, String> version() {
    return Map.of("name", "millrace", "version", Program.version());
  }
}
