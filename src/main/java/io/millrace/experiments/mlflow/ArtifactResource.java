package io.millrace.experiments.mlflow;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Unsupported;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * MLflow's artifact proxy: files by path, streamed in both directions, each stored once however
 * many paths it has. The folder packages/DIGEST shows a sealed model package to read.
 */
@Path("/{twin: api|ajax-api}/2.0/mlflow-artifacts")
@Singleton
@RunOnVirtualThread
@Consumes(MediaType.WILDCARD)
public class ArtifactResource {
  private static final String PACKAGES = "packages/";
  private static final String PLACE = "/mlflow-artifacts/artifacts/";

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;

  @Inject
  public ArtifactResource(Database database, Artifacts artifacts, FileTree files) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
  }

  @GET
  @Path("artifacts")
  @Operation(hidden = true)
  public Response list(@Context HttpServerRequest sent) {
    return answered(() -> {
      var folder =
          ArtifactPath.checked(
              Request.query(sent.query()).getOrDefault("path", List.of("")).getFirst());
      var bytes = new ByteArrayOutputStream();
      try (var out = Json.mapper().getFactory().createGenerator(bytes)) {
        out.writeStartObject();
        if (folder.startsWith(PACKAGES)) listPackage(out, folder);
        else ArtifactLists.names(out, database, files, folder);
        out.writeEndObject();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      return Response.ok(bytes.toByteArray(), MediaType.APPLICATION_JSON_TYPE).build();
    });
  }

  private void listPackage(com.fasterxml.jackson.core.JsonGenerator out, String folder)
      throws IOException {
    var place = folder.split("/", 3);
    var prefix = place.length == 3 ? place[2] + "/" : "";
    var folders = new TreeSet<String>();
    out.writeArrayFieldStart("files");
    for (var file : artifacts.manifest(new Digest(place[1])).entries().entrySet()) {
      if (!file.getKey().startsWith(prefix)) continue;
      var rest = file.getKey().substring(prefix.length());
      int slash = rest.indexOf('/');
      if (slash >= 0 && !folders.add(rest.substring(0, slash))) continue;
      out.writeStartObject();
      out.writeStringField("path", slash < 0 ? rest : rest.substring(0, slash));
      out.writeBooleanField("is_dir", slash >= 0);
      if (slash < 0) out.writeNumberField("file_size", file.getValue().size());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  @GET
  @Path("artifacts/{path: .+}")
  @Operation(hidden = true)
  public Response get(
      @HeaderParam("Range") @Nullable String range, @Context HttpServerRequest sent) {
    return answered(() -> {
      var path = path(sent);
      var entry = entry(path);
      return Downloads.of(artifacts, name(path), entry.digest(), entry.size(), range);
    });
  }

  @HEAD
  @Path("artifacts/{path: .+}")
  @Operation(hidden = true)
  public Response head(@Context HttpServerRequest sent) {
    return answered(() -> {
      var path = path(sent);
      var entry = entry(path);
      return Downloads.head(name(path), entry.digest(), entry.size());
    });
  }

  @PUT
  @Path("artifacts/{path: .+}")
  @Operation(hidden = true)
  public Response put(@Context HttpServerRequest sent, InputStream body) {
    return answered(() -> {
      var path = writable(path(sent));
      var digest = artifacts.put(body);
      long size = artifacts.size(digest);
      database.writing(tx -> files.put(tx, path, digest, size));
      return Response.ok("{}", MediaType.APPLICATION_JSON_TYPE).build();
    });
  }

  @DELETE
  @Path("artifacts/{path: .+}")
  @Operation(hidden = true)
  public Response delete(@Context HttpServerRequest sent) {
    return answered(() -> {
      var path = path(sent);
      database.write(tx -> files.delete(tx, path));
      return Response.ok("{}", MediaType.APPLICATION_JSON_TYPE).build();
    });
  }

  @GET
  @Path("presigned/{path: .+}")
  @Operation(hidden = true)
  public Response presigned(@PathParam("path") String path) {
    return answered(() -> {
      ArtifactPath.checked(path);
      // Clients compare the message's beginning.
      throw new Unsupported(
          "Multipart download is not supported for the current artifact repository: read the file in one request, or by ranges");
    });
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String path(HttpServerRequest sent) {
    return path(sent, PLACE);
  }

  /**
   * What stands behind that place in the request's own line: what frameworks make of a path has
   * lost what is to be checked.
   */
  static String path(HttpServerRequest sent, String place) {
    var raw = sent.uri();
    int query = raw.indexOf('?');
    if (query >= 0) raw = raw.substring(0, query);
    int begin = raw.indexOf(place);
    if (begin < 0)
      throw new InvalidInput("Invalid path: expected \"%s\" before it".formatted(place));
    var path = ArtifactPath.ofUrl(raw.substring(begin + place.length()));
    if (path.isEmpty()) throw new InvalidInput("Invalid path: it is empty");
    return path;
  }

  /** The path, unless it is one that only shows what lies elsewhere. */
  static String writable(String path) {
    if (path.startsWith(PACKAGES))
      throw new InvalidInput(
          "Invalid path: \"%s\"; packages are sealed, and cannot be written".formatted(path));
    return path;
  }

  private Entry entry(String path) {
    if (path.startsWith(PACKAGES)) {
      var place = path.split("/", 3);
      if (place.length < 3) throw new NotFound("No such artifact: '%s'".formatted(path));
      var entry = artifacts.manifest(new Digest(place[1])).entries().get(place[2]);
      if (entry == null) throw new NotFound("No such artifact: '%s'".formatted(path));
      return entry;
    }
    return find(database, files, path);
  }

  /** The file; a folder is told apart from nothing. */
  public static Entry find(Database database, FileTree files, String path) {
    return database.read(s -> {
      var file = files.find(s, path);
      if (file.isPresent()) return new Entry(file.get().digest(), file.get().size());
      if (files.isFolder(s, path))
        throw new InvalidInput(
            "Artifact path refers to a directory, not a file: '%s'".formatted(path));
      throw new NotFound("No such artifact: '%s'".formatted(path));
    });
  }

  public static Response answered(Supplier<Response> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      return MlflowErrors.of(e);
    }
  }

  /** What the client asks about the server. */
  static final Map<String, Object> SERVER =
      Map.of(
          "store_type", "SqlStore",
          "workspaces_enabled", false,
          "trace_archival_enabled", false,
          "multipart_uploads_enabled", true,
          "multipart_downloads_enabled", false,
          "presigned_upload_run_id_supported", false,
          "presigned_upload_model_id_supported", false,
          "features_enabled", Map.of("gateway", false));
}
