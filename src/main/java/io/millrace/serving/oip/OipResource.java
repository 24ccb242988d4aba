package io.millrace.serving.oip;

import io.millrace.base.Program;
import io.millrace.base.Unavailable;
import io.millrace.models.Field;
import io.millrace.serving.Endpoint;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol: an endpoint is a model, the registered version's number its version.
 * Predictions have a route of their own.
 */
@Path("/v2")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class OipResource {
  static final String PREDICTION_ID = "x-millrace-prediction-id";
  static final String TRACE = "traceparent";
  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private final Endpoints endpoints;
  private final Inference inference;

  @Inject
  public OipResource(Endpoints endpoints, Inference inference) {
    this.endpoints = endpoints;
    this.inference = inference;
  }

  public record ServerMetadata(String name, String version, List<String> extensions) {}

  public record TensorMetadata(String name, String datatype, List<Long> shape) {
    static TensorMetadata of(Field field) {
      return new TensorMetadata(field.name(), field.datatype().name(), field.shape());
    }
  }

  public record ModelMetadata(
      String name,
      List<String> versions,
      String platform,
      List<TensorMetadata> inputs,
      List<TensorMetadata> outputs) {}

  public record Readiness(String name, boolean ready) {}

  @GET
  public Response server() {
    return ok(
        new ServerMetadata(ProtocolWords.SERVER, Program.version(), ProtocolWords.EXTENSIONS));
  }

  @GET
  @Path("health/live")
  public Response live() {
    return ok(Map.of("live", true));
  }

  /** Ready as soon as the server serves, whatever the endpoints are. */
  @GET
  @Path("health/ready")
  public Response ready() {
    return ok(Map.of("ready", true));
  }

  /** The names of what is served, as KServe lists them. */
  @GET
  @Path("models")
  public Response models() {
    var names =
        endpoints.list().stream().map(Endpoint::name).map(EndpointName::value).sorted().toList();
    return ok(Map.of("models", names));
  }

  @GET
  @Path("models/{model}")
  public Response model(@PathParam("model") String model) {
    return metadata(model, null);
  }

  @GET
  @Path("models/{model}/versions/{version}")
  public Response modelVersion(
      @PathParam("model") String model, @PathParam("version") String version) {
    return metadata(model, version);
  }

  @GET
  @Path("models/{model}/ready")
  public Response modelReady(@PathParam("model") String model) {
    return readiness(model, null);
  }

  @GET
  @Path("models/{model}/versions/{version}/ready")
  public Response modelVersionReady(
      @PathParam("model") String model, @PathParam("version") String version) {
    return readiness(model, version);
  }

  private Response metadata(String model, @Nullable String version) {
    try (var lease = inference.lease(new EndpointName(model), version)) {
      var signature = lease.asked();
      return ok(
          new ModelMetadata(
              model,
              List.of(String.valueOf(lease.deployment().version().number())),
              ProtocolWords.platform(lease),
              signature.inputs().stream().map(TensorMetadata::of).toList(),
              signature.outputs().stream().map(TensorMetadata::of).toList()));
    }
  }

  private Response readiness(String model, @Nullable String version) {
    try (var lease = inference.lease(new EndpointName(model), version)) {
      var readiness =
          new Readiness(lease.deployment().endpoint().value(), lease.obstacle().isEmpty());
      return readiness.ready()
          ? ok(readiness)
          : json(Response.status(503).entity(readiness)).build();
    } catch (Unavailable e) {
      return json(Response.status(503).entity(new Readiness(model, false))).build();
    }
  }

  static Response ok(Object entity) {
    return json(Response.ok(entity)).build();
  }

  /** Exactly this type: KServe's client reads no other, not even one with a charset. */
  private static Response.ResponseBuilder json(Response.ResponseBuilder response) {
    return response.type(MediaType.APPLICATION_JSON_TYPE);
  }
}
