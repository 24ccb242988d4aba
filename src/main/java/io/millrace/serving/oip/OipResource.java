package io.millrace.serving.oip;

import io.millrace.base.Program;
import io.millrace.base.Unavailable;
import io.millrace.models.Field;
import io.millrace.serving.Endpoint;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.Inference;
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
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
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
  static final String TRACE = "traceparent";
  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private final Endpoints endpoints;
  private final Inference inference;
  private final BodyLimit limit;

  @Inject
  public OipResource(Endpoints endpoints, Inference inference, BodyLimit limit) {
    this.endpoints = endpoints;
    this.inference = inference;
    this.limit = limit;
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

  /** Needs no Content-Type, since clients leave it out. */
  @POST
  @Path("models/{model}/infer")
  @Consumes(MediaType.WILDCARD)
  @Produces(MediaType.WILDCARD)
  public Response infer(
      @PathParam("model") String model,
      @HeaderParam(JSON_LENGTH) @Nullable String jsonLength,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String packed,
      @HeaderParam(HttpHeaders.ACCEPT_ENCODING) @Nullable String accepted,
      @HeaderParam(TRACE) @Nullable String trace,
      byte[] body) {
    return answer(model, null, jsonLength, packed, accepted, trace, body);
  }

  @POST
  @Path("models/{model}/versions/{version}/infer")
  @Consumes(MediaType.WILDCARD)
  @Produces(MediaType.WILDCARD)
  public Response inferVersion(
      @PathParam("model") String model,
      @PathParam("version") String version,
      @HeaderParam(JSON_LENGTH) @Nullable String jsonLength,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String packed,
      @HeaderParam(HttpHeaders.ACCEPT_ENCODING) @Nullable String accepted,
      @HeaderParam(TRACE) @Nullable String trace,
      byte[] body) {
    return answer(model, version, jsonLength, packed, accepted, trace, body);
  }

  private Response answer(
      String model,
      @Nullable String version,
      @Nullable String jsonLength,
      @Nullable String packed,
      @Nullable String accepted,
      @Nullable String trace,
      byte[] body) {
    var packing = Packing.of(packed);
    var bytes = packing == null ? body : packing.unpack(body, limit.bytes());
    return response(
        inference.infer(
            new EndpointName(model),
            version,
            trace == null ? Map.of() : Map.of(TRACE, trace),
            signature -> InferRequestReader.read(bytes, jsonLength, signature)),
        accepted);
  }

  private static Response response(InferAnswer answer, @Nullable String accepted) {
    var written = InferResponseWriter.write(answer);
    var response = Response.ok().header(PREDICTION_ID, answer.predictionId());
    if (written.binary()) {
      response
          .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
          .header(JSON_LENGTH, written.jsonLength());
    } else json(response);
    var wish = written.bytes().length < Packing.LEAST_PACKED ? null : Packing.accepted(accepted);
    if (wish == null) return response.entity(written.bytes()).build();
    return response
        .header(HttpHeaders.CONTENT_ENCODING, wish.header())
        .entity(wish.pack(written.bytes()))
        .build();
  }

  private Response metadata(String model, @Nullable String version) {
    try (var lease = inference.lease(new EndpointName(model), version)) {
      var signature = lease.signature();
      return ok(
          new ModelMetadata(
              model,
              List.of(String.valueOf(lease.deployment().version().number())),
              ProtocolWords.PLATFORM,
              signature.inputs().stream().map(TensorMetadata::of).toList(),
              signature.outputs().stream().map(TensorMetadata::of).toList()));
    }
  }

  private Response readiness(String model, @Nullable String version) {
    try (var lease = inference.lease(new EndpointName(model), version)) {
      return ok(new Readiness(lease.deployment().endpoint().value(), true));
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
