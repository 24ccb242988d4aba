package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Upload;
import io.millrace.artifacts.Uploads;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * MLflow's uploads in parts. Parts go to this same server, at addresses that hold the upload's id
 * and no path; which of them are here is told by {@code GET mpu/ID}, which MLflow lacks.
 */
@Path("/{twin: api|ajax-api}/2.0/mlflow-artifacts/mpu")
@Singleton
@RunOnVirtualThread
@Consumes(MediaType.WILDCARD)
public class UploadResource {
  private static final String PLACE = "/mlflow-artifacts/mpu/";
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  private final Uploads uploads;

  @Inject
  public UploadResource(Uploads uploads) {
    this.uploads = uploads;
  }

  @POST
  @Path("create/{path: .+}")
  @Operation(hidden = true)
  public Response create(
      @PathParam("twin") String twin,
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @Context HttpServerRequest sent,
      byte[] body) {
    return ArtifactResource.answered(() -> {
      var request = request(type, body);
      var parts = request.optionalWhole("num_parts");
      if (parts == null) throw Request.missing("num_parts");
      if (parts < 0 || parts > Uploads.MOST_PARTS)
        throw new InvalidInput(
            "Invalid value %d for parameter 'num_parts' supplied: expected 0 to %d"
                .formatted(parts, Uploads.MOST_PARTS));
      var upload = uploads.begin(file(sent, "create/", request), parts.intValue());
      var place =
          "%s://%s/%s/2.0%spart/%s/"
              .formatted(sent.scheme(), sent.authority(), twin, PLACE, upload.id());
      var answer = Json.object().put("upload_id", upload.id());
      var credentials = answer.putArray("credentials");
      for (int number = 1; number <= parts; number++)
        credentials
            .addObject()
            .put("url", place + number)
            .put("part_number", number)
            .putObject("headers");
      return json(answer);
    });
  }

  @PUT
  @Path("part/{upload}/{number}")
  @Operation(hidden = true)
  public Response part(
      @PathParam("upload") String upload, @PathParam("number") String number, InputStream body) {
    return ArtifactResource.answered(() -> {
      if (!NUMBER.matcher(number).matches())
        throw new InvalidInput("number of a part", number, "a whole number");
      var digest = uploads.part(upload, Integer.parseInt(number), body);
      return Response.ok("{}", MediaType.APPLICATION_JSON_TYPE)
          .header(HttpHeaders.ETAG, etag(digest))
          .build();
    });
  }

  @GET
  @Path("{upload}")
  @Operation(hidden = true)
  public Response show(@PathParam("upload") String id) {
    return ArtifactResource.answered(() -> json(shown(uploads.upload(id))));
  }

  private static ObjectNode shown(Upload upload) {
    var answer =
        Json.object()
            .put("upload_id", upload.id())
            .put("path", upload.path())
            .put("num_parts", upload.parts());
    var parts = answer.putArray("parts");
    upload
        .here()
        .forEach((number, part) ->
            parts
                .addObject()
                .put("part_number", number)
                .put("etag", etag(part.digest()))
                .put("size", part.size()));
    return answer;
  }

  @POST
  @Path("complete/{path: .+}")
  @Operation(hidden = true)
  public Response complete(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @Context HttpServerRequest sent,
      byte[] body) {
    return ArtifactResource.answered(() -> {
      var request = request(type, body);
      var path = file(sent, "complete/", request);
      uploads.complete(request.text("upload_id"), path, parts(request));
      return json(Json.object());
    });
  }

  @POST
  @Path("abort/{path: .+}")
  @Operation(hidden = true)
  public Response abort(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @Context HttpServerRequest sent,
      byte[] body) {
    return ArtifactResource.answered(() -> {
      var request = request(type, body);
      uploads.abort(request.text("upload_id"), file(sent, "abort/", request));
      return json(Json.object());
    });
  }

  private static Request request(@Nullable String type, byte @Nullable [] body) {
    var given = body == null ? new byte[0] : body;
    MlflowResource.requireJson(type, "POST", given);
    return Request.read(given, Map.of(), Map.of());
  }

  /**
   * The URL names the folder and the body the file, by its path where the client has it: all but
   * its last part is the client's own business.
   */
  private static String file(HttpServerRequest sent, String call, Request request) {
    var folder = ArtifactResource.path(sent, PLACE + call);
    var local = request.text("path");
    var name = local.substring(Math.max(local.lastIndexOf('/'), local.lastIndexOf('\\')) + 1);
    if (name.isEmpty())
      throw new InvalidInput("Invalid path: \"%s\"; expected that of a file".formatted(local));
    return ArtifactResource.writable(ArtifactPath.checked(ArtifactPath.below(folder, name)));
  }

  private static List<Uploads.Sent> parts(Request request) {
    var parts = new ArrayList<Uploads.Sent>();
    for (JsonNode part : request.list("parts")) {
      var where = "parts[%d]".formatted(parts.size());
      long number = Request.whole(part, "part_number", where + ".part_number");
      if (number < 1 || number > Uploads.MOST_PARTS)
        throw Request.invalid(
            part.path("part_number"), where + ".part_number", "1 to " + Uploads.MOST_PARTS);
      parts.add(
          new Uploads.Sent((int) number, digest(Request.text(part, "etag", where + ".etag"))));
    }
    return parts;
  }

  private static Digest digest(String etag) {
    try {
      return new Digest(etag.replace("\"", ""));
    } catch (InvalidInput e) {
      throw new InvalidInput("etag", etag, "that which the part's upload answered");
    }
  }

  private static String etag(Digest digest) {
    return "\"" + digest.hex() + "\"";
  }

  private static Response json(ObjectNode answer) {
    return Response.ok(Json.write(answer), MediaType.APPLICATION_JSON_TYPE).build();
  }
}
