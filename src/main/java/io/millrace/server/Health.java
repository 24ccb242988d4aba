package io.millrace.server;

import io.millrace.base.Program;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;

/**
 * For probes: that the server serves, and which program it is. Who asks for no JSON is answered as
 * MLflow answers.
 */
@Path("/")
public final class Health {
  /** The version of MLflow whose protocol is spoken. */
  static final String MLFLOW = "3.17.2";

  @GET
  @Path("health")
  @Produces(MediaType.TEXT_PLAIN)
  public String health() {
    return "OK";
  }

  @GET
  @Path("health")
  @Produces(MediaType.APPLICATION_JSON)
  public Map<String, String> healthDocument() {
    return Map.of("status", "ok");
  }

  @GET
  @Path("version")
  @Produces(MediaType.TEXT_PLAIN)
  public String version() {
    return MLFLOW;
  }

  @GET
  @Path("version")
  @Produces(MediaType.APPLICATION_JSON)
  public Map<String, String> versionDocument() {
    return Map.of("name", "millrace", "version", Program.version(), "mlflow", MLFLOW);
  }
}
