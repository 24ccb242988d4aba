package io.millrace.registry.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.RegisteredModel;
import io.millrace.registry.VersionId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** Registered models, their versions and aliases. */
@Path("/api/v1/models")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class ModelResource {
  private final Database database;
  private final ModelRegistry registry;

  @Inject
  public ModelResource(Database database, ModelRegistry registry) {
    this.database = database;
    this.registry = registry;
  }

  @GET
  public JsonNode models() {
    var answer = Json.object();
    var models = answer.putArray("models");
    database.read(registry::models).forEach(model -> models.add(json(model)));
    return answer;
  }

  @GET
  @Path("/{name}")
  public JsonNode model(@PathParam("name") String name) {
    return database.<JsonNode>read(s -> {
      var answer = json(registry.model(s, new ModelName(name)));
      var versions = answer.putArray("versions");
      registry.versions(s, new ModelName(name)).forEach(version -> versions.add(json(version)));
      answer.set("history", Json.tree(registry.history(s, new ModelName(name))));
      return answer;
    });
  }

  @GET
  @Path("/{name}/versions/{number}")
  public JsonNode version(@PathParam("name") String name, @PathParam("number") String number) {
    return withMissing(
        database.read(s -> registry.version(s, VersionId.parse(name + "/" + number))));
  }

  /**
   * Registers a package, or imports an ONNX file or a folder; the body names one of them by its
   * digest.
   */
  @POST
  @Path("/{name}/versions")
  @Consumes(MediaType.APPLICATION_JSON)
  public Response register(@PathParam("name") String name, @Nullable JsonNode body) {
    var model = new ModelName(name);
    if (!(body instanceof ObjectNode given) || given.size() != 1) throw expected(body);
    var field = given.properties().iterator().next();
    var digest = new Digest(field.getValue().asText());
    var version =
        switch (field.getKey()) {
          case "package" -> registry.register(model, digest);
          case "onnx" -> registry.importOnnx(model, digest);
          case "folder" -> registry.importFolder(model, digest);
          default -> throw expected(body);
        };
    return Response.status(Response.Status.CREATED).entity(withMissing(version)).build();
  }

  private static InvalidInput expected(@Nullable JsonNode body) {
    return new InvalidInput(
        "body",
        String.valueOf(body),
        "one of {\"package\": DIGEST}, {\"onnx\": DIGEST of an uploaded file}, {\"folder\": DIGEST of an uploaded directory}");
  }

  @GET
  @Path("/{name}/aliases/{alias}")
  public JsonNode alias(@PathParam("name") String name, @PathParam("alias") String alias) {
    ModelVersion version =
        database.read(s -> registry.version(s, new ModelName(name), new Alias(alias)));
    return json(version);
  }

  @PUT
  @Path("/{name}/aliases/{alias}")
  @Consumes(MediaType.APPLICATION_JSON)
  public JsonNode setAlias(
      @PathParam("name") String name, @PathParam("alias") String alias, @Nullable JsonNode body) {
    var number = body == null ? MissingNode.getInstance() : body.path("version");
    if (!number.isIntegralNumber() || !number.canConvertToLong())
      throw new InvalidInput("body", String.valueOf(body), "{\"version\": NUMBER}");
    var id = new VersionId(new ModelName(name), number.longValue());
    ModelVersion version =
        database.write(tx -> {
          registry.setAlias(tx, id, new Alias(alias));
          return registry.version(tx, id);
        });
    return json(version);
  }

  @DELETE
  @Path("/{name}/aliases/{alias}")
  public JsonNode deleteAlias(@PathParam("name") String name, @PathParam("alias") String alias) {
    database.writing(tx -> registry.deleteAlias(tx, new ModelName(name), new Alias(alias)));
    return Json.object().put("name", name).put("alias", alias);
  }

  private static ObjectNode json(RegisteredModel model) {
    var json = Json.object().put("name", model.name().value()).put("latest", model.latest());
    var aliases = json.putObject("aliases");
    model.aliases().forEach((alias, number) -> aliases.put(alias.value(), number));
    return json.put("created_at", model.createdAt().toString());
  }

  private static ObjectNode json(ModelVersion version) {
    return Json.object()
        .put("name", version.model().value())
        .put("number", version.number())
        .put("id", version.id().toString())
        .put("package", version.sealed() == null ? null : version.sealed().hex())
        .put("source", version.source())
        .put("execution", version.execution().value())
        .put("created_at", version.createdAt().toString());
  }

  private ObjectNode withMissing(ModelVersion version) {
    var json = json(version);
    var missing = json.putArray("missing");
    registry.missing(version).forEach(missing::add);
    return json;
  }
}
