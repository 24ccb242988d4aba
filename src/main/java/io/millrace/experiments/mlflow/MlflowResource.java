package io.millrace.experiments.mlflow;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.quarkus.arc.All;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Every call of MLflow's protocol but the artifacts', at both of its twins; the parts' tables say
 * what there is.
 */
@Path("/{twin: api|ajax-api}/{version: [23]\\.0}/mlflow/{path: .+}")
@Singleton
@RunOnVirtualThread
@Consumes(MediaType.WILDCARD)
public class MlflowResource {
  /** Says what was too long and was cut. */
  static final String CUT = "x-millrace-truncated";

  private static final byte[] NO_BODY = {};

  /** By method and the path's first segment. */
  private final Map<String, List<Calls.Route>> routes = new HashMap<>();

  @Inject
  public MlflowResource(@All List<Calls> parts) {
    for (var part : parts)
      for (var route : part.routes())
        routes
            .computeIfAbsent(key(route.method(), route.path()), _ -> new ArrayList<>())
            .add(route);
  }

  private static String key(String method, String path) {
    int slash = path.indexOf('/');
    return method + " " + (slash < 0 ? path : path.substring(0, slash));
  }

  @GET
  @Operation(hidden = true)
  public Response get(
      @PathParam("version") String version,
      @PathParam("path") String path,
      @Context HttpServerRequest sent,
      @Context HttpHeaders headers,
      byte[] body) {
    return answer("GET", version, path, sent, headers, body);
  }

  @POST
  @Operation(hidden = true)
  public Response post(
      @PathParam("version") String version,
      @PathParam("path") String path,
      @Context HttpServerRequest sent,
      @Context HttpHeaders headers,
      byte[] body) {
    return answer("POST", version, path, sent, headers, body);
  }

  @PUT
  @Operation(hidden = true)
  public Response put(
      @PathParam("version") String version,
      @PathParam("path") String path,
      @Context HttpServerRequest sent,
      @Context HttpHeaders headers,
      byte[] body) {
    return answer("PUT", version, path, sent, headers, body);
  }

  @PATCH
  @Operation(hidden = true)
  public Response patch(
      @PathParam("version") String version,
      @PathParam("path") String path,
      @Context HttpServerRequest sent,
      @Context HttpHeaders headers,
      byte[] body) {
    return answer("PATCH", version, path, sent, headers, body);
  }

  @DELETE
  @Operation(hidden = true)
  public Response delete(
      @PathParam("version") String version,
      @PathParam("path") String path,
      @Context HttpServerRequest sent,
      @Context HttpHeaders headers,
      byte[] body) {
    return answer("DELETE", version, path, sent, headers, body);
  }

  private Response answer(
      String method,
      String version,
      String path,
      HttpServerRequest sent,
      HttpHeaders headers,
      byte[] given) {
    try {
      var segments = path.split("/", -1);
      for (var route : routes.getOrDefault(key(method, path), List.of())) {
        var fields = route.match(version, segments);
        if (fields.isEmpty()) continue;
        var body = given == null ? NO_BODY : given;
        if (!method.equals("GET"))
          requireJson(headers.getHeaderString(HttpHeaders.CONTENT_TYPE), method, body);
        return answer(route, Request.read(body, Request.query(sent.query()), fields.get()));
      }
      return routes.keySet().stream()
              .anyMatch(key -> !key.startsWith(method + " ") && isThere(key, version, segments))
          ? MlflowErrors.document(405, "BAD_REQUEST", "%s does not take %s".formatted(path, method))
          : MlflowErrors.unknown(String.valueOf(sent.path()));
    } catch (IOException | RuntimeException e) {
      return MlflowErrors.of(e);
    }
  }

  private boolean isThere(String key, String version, String[] segments) {
    return routes.getOrDefault(key, List.of()).stream()
        .anyMatch(r -> r.match(version, segments).isPresent());
  }

  private static Response answer(Calls.Route route, Request request) throws IOException {
    var bytes = new ByteArrayOutputStream(1_024);
    try (var out = Json.mapper().getFactory().createGenerator(bytes)) {
      out.writeStartObject();
      route.call().answer(request, out);
      out.writeEndObject();
    }
    var answer = Response.ok(bytes.toByteArray(), MediaType.APPLICATION_JSON_TYPE);
    if (!request.cut().isEmpty()) answer.header(CUT, String.join(", ", request.cut()));
    return answer.build();
  }

  /**
   * A page of another site can send other types without asking; and clients that err should hear of
   * it.
   */
  static void requireJson(@Nullable String type, String method, byte[] body) {
    if (type == null
        ? body.length == 0 && !method.equals("POST")
        : type.startsWith(MediaType.APPLICATION_JSON)) return;
    throw new InvalidInput("Bad Request. Content-Type must be one of ['application/json'].");
  }
}
