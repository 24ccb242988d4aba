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
import io.millrace.serving.predictions.Prediction;
import io.millrace.serving.predictions.PredictionLog;
import io.smallrye.common.annotation.Blocking;
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
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol: an endpoint is a model, the registered version's number its version.
 * Runs on the server's worker threads: the runtime's native calls would hold the carriers of
 * virtual ones.
 */
@Path("/v2")
@Singleton
@Blocking
@Produces(MediaType.APPLICATION_JSON)
public class OipResource {
  static final String PREDICTION_ID = "x-millrace-prediction-id";
  private static final String TRACE = "traceparent";

  private final Endpoints endpoints;
  private final PredictionLog log;
  private final Ids ids = new Ids(Clock.systemUTC());

  @Inject
  public OipResource(Endpoints endpoints, PredictionLog log) {
    this.endpoints = endpoints;
    this.log = log;
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
  public Response infer(
      @PathParam("model") String model,
      @HeaderParam("Inference-Header-Content-Length") @Nullable String binary,
      @HeaderParam(TRACE) @Nullable String trace,
      byte[] body) {
    return answer(model, null, binary, trace, body);
  }

  @POST
  @Path("models/{model}/versions/{version}/infer")
  @Consumes(MediaType.WILDCARD)
  public Response inferVersion(
      @PathParam("model") String model,
      @PathParam("version") String version,
      @HeaderParam("Inference-Header-Content-Length") @Nullable String binary,
      @HeaderParam(TRACE) @Nullable String trace,
      byte[] body) {
    return answer(model, version, binary, trace, body);
  }

  private Response answer(
      String model,
      @Nullable String version,
      @Nullable String binary,
      @Nullable String trace,
      byte[] body) {
    var at = Instant.now();
    long began = System.nanoTime();
    if (binary != null)
      throw new Unsupported(
          "binary tensor data (Inference-Header-Content-Length) is not supported yet: send the data as JSON");
    try (var lease = lease(model, version)) {
      var request = InferRequestReader.read(body, lease.signature());
      var outputs =
          ordered(
              lease.run(request.inputs(), new LinkedHashSet<>(request.outputs())),
              request.outputs());
      var number = String.valueOf(lease.deployment().version().number());
      var answer = InferResponseWriter.write(model, number, request.id(), outputs);
      var id = ids.next();
      log.offer(
          new Prediction(
              id,
              at,
              (System.nanoTime() - began) / 1_000,
              lease.deployment(),
              null,
              request.inputs(),
              outputs,
              new Prediction.Caller(
                  request.id(), trace == null ? Map.of() : Map.of(TRACE, trace))));
      return json(Response.ok(answer)).header(PREDICTION_ID, id).build();
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
