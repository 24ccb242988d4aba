package io.millrace.serving.oip;

import io.millrace.base.Ids;
import io.millrace.base.NotFound;
import io.millrace.base.Program;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Lease;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Clock;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol: an endpoint is a model, the registered version's number its version.
 * Runs on virtual threads, so that slow senders hold up nobody: calls of a model that take long are
 * made by threads of their own.
 */
@Path("/v2")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class OipResource {
  static final String PREDICTION_ID = "x-millrace-prediction-id";

  private final Endpoints endpoints;
  private final Ids ids = new Ids(Clock.systemUTC());

  @Inject
  public OipResource(Endpoints endpoints) {
    this.endpoints = endpoints;
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
    return ok(new ServerMetadata("millrace", Program.version(), List.of()));
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

  /**
   * Answers a request whose tensors are JSON; no Content-Type is needed, since clients leave it
   * out.
   */
  @POST
  @Path("models/{model}/infer")
  @Consumes(MediaType.WILDCARD)
  public CompletionStage<Response> infer(
      @PathParam("model") String model,
      @HeaderParam("Inference-Header-Content-Length") @Nullable String binary,
      byte[] body) {
    return answer(model, null, binary, body);
  }

  @POST
  @Path("models/{model}/versions/{version}/infer")
  @Consumes(MediaType.WILDCARD)
  public CompletionStage<Response> inferVersion(
      @PathParam("model") String model,
      @PathParam("version") String version,
      @HeaderParam("Inference-Header-Content-Length") @Nullable String binary,
      byte[] body) {
    return answer(model, version, binary, body);
  }

  private CompletionStage<Response> answer(
      String model, @Nullable String version, @Nullable String binary, byte[] body) {
    if (binary != null)
      throw new Unsupported(
          "binary tensor data (Inference-Header-Content-Length) is not supported yet: send the data as JSON");
    var lease = lease(model, version);
    var request = read(body, lease);
    var number = String.valueOf(lease.deployment().version().number());
    return lease.answer(
        request.inputs(),
        new LinkedHashSet<>(request.outputs()),
        null,
        outputs ->
            json(Response.ok(
                    InferResponseWriter.write(
                        model, number, request.id(), ordered(outputs, request.outputs()))))
                .header(PREDICTION_ID, ids.next())
                .build());
  }

  private static InferRequest read(byte[] body, Lease lease) {
    try {
      return InferRequestReader.read(body, lease.signature());
    } catch (RuntimeException e) {
      lease.unreadable();
      lease.close();
      throw e;
    }
  }

  /** As the client listed them; as the model has them where it listed none. */
  private static List<Tensor> ordered(List<Tensor> outputs, List<String> wanted) {
    if (wanted.size() < 2) return outputs;
    return outputs.stream()
        .sorted(Comparator.comparingInt(output -> wanted.indexOf(output.name())))
        .toList();
  }

  private Response metadata(String model, @Nullable String version) {
    try (var lease = lease(model, version)) {
      var signature = lease.signature();
      return ok(
          new ModelMetadata(
              model,
              List.of(String.valueOf(lease.deployment().version().number())),
              "onnxruntime_onnx",
              signature.inputs().stream().map(TensorMetadata::of).toList(),
              signature.outputs().stream().map(TensorMetadata::of).toList()));
    }
  }

  private Response readiness(String model, @Nullable String version) {
    try (var lease = lease(model, version)) {
      return ok(new Readiness(lease.deployment().endpoint().value(), true));
    } catch (Unavailable e) {
      return json(Response.status(503).entity(new Readiness(model, false))).build();
    }
  }

  private Lease lease(String model, @Nullable String version) {
    var lease = endpoints.lease(new EndpointName(model));
    var served = lease.deployment().version();
    if (version == null || version.equals(String.valueOf(served.number()))) return lease;
    lease.close();
    throw new NotFound(
        "endpoint %s serves version %d (%s), not version \"%s\""
            .formatted(model, served.number(), served, version));
  }

  private static Response ok(Object entity) {
    return json(Response.ok(entity)).build();
  }

  /** Exactly this type: KServe's client reads no other, not even one with a charset. */
  private static Response.ResponseBuilder json(Response.ResponseBuilder response) {
    return response.type(MediaType.APPLICATION_JSON_TYPE);
  }
}
