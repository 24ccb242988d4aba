package io.millrace.data.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.DatasetVersion;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.data.SourceOptions;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Datasets, their versions, and what the versions look like. */
@Path("/api/v1/datasets")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class DatasetResource {
  private static final List<String> KEYS = List.of("files", "format", "csv");

  private final Datasets datasets;
  private final Profiles profiles;

  @Inject
  public DatasetResource(Datasets datasets, Profiles profiles) {
    this.datasets = datasets;
    this.profiles = profiles;
  }

  /** The current version of every dataset. */
  @GET
  public JsonNode list() {
    return Json.object().set("datasets", Json.tree(datasets.list()));
  }

  /** All versions of one dataset, newest first. */
  @GET
  @Path("/{name}")
  public JsonNode versions(@PathParam("name") String name) {
    ObjectNode answer = Json.object().put("name", name);
    var current = datasets.named(name);
    return answer
        .put("current", current.number())
        .set("versions", Json.tree(datasets.versions(name)));
  }

  /**
   * Registers uploaded files: 201 with a new version, 200 with the one that has this content
   * already.
   */
  @POST
  @Path("/{name}/versions")
  @Consumes(MediaType.APPLICATION_JSON)
  public Response register(@PathParam("name") String name, @Nullable JsonNode sent) {
    var body = Fields.object(sent, KEYS);
    if (!(body.get("files") instanceof ObjectNode given))
      throw new InvalidInput("\"files\" is missing: the digest of each uploaded file by its path");
    var files = new TreeMap<String, Digest>();
    given
        .properties()
        .forEach(file -> files.put(file.getKey(), new Digest(file.getValue().asText())));
    var published = datasets.register(name, files, SourceOptions.of(body));
    return Response.status(published.created() ? 201 : 200)
        .entity(Json.tree(published.version()))
        .build();
  }

  /** Statistics of a version; "latest" means the current one. */
  @GET
  @Path("/{name}/versions/{version}/statistics")
  public JsonNode statistics(@PathParam("name") String name, @PathParam("version") String version) {
    return Json.tree(profiles.profile(version(name, version).digest()));
  }

  /**
   * How a version differs from another.
   *
   * @param with the other version's dataset, where it is not the same
   */
  @GET
  @Path("/{name}/diff")
  public JsonNode diff(
      @PathParam("name") String name,
      @QueryParam("from") @Nullable String from,
      @QueryParam("with") @Nullable String with,
      @QueryParam("to") @Nullable String to) {
    var after = version(with == null ? name : with, to);
    return Json.tree(profiles.diff(version(name, from).digest(), after.digest()));
  }

  private DatasetVersion version(String name, @Nullable String number) {
    if (number == null)
      throw new InvalidInput("from and to are needed: numbers of versions, or \"latest\"");
    return datasets.named(number.equals("latest") ? name : name + "/" + number);
  }
}
