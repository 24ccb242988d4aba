package io.millrace.serving.oip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import io.millrace.models.Field;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import io.millrace.serving.Lease;
import io.millrace.serving.ServedRepository;
import io.millrace.serving.ServingStatistics;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The protocol's extensions: model repository, statistics, configuration, trace and log settings.
 */
@Path("/v2")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
public class OipExtensions {
  private final Endpoints endpoints;
  private final Inference inference;
  private final ServedRepository repository;

  @Inject
  public OipExtensions(Endpoints endpoints, Inference inference, ServedRepository repository) {
    this.endpoints = endpoints;
    this.inference = inference;
    this.repository = repository;
  }

  @POST
  @Path("repository/index")
  public Response index(byte[] body) {
    var wish = document(body).path("ready");
    if (!wish.isMissingNode() && !wish.isBoolean())
      throw new InvalidInput("ready: got %s, expected true or false".formatted(wish));
    var models = Json.mapper().createArrayNode();
    for (var entry : repository.index(wish.asBoolean()))
      models
          .addObject()
          .put("name", entry.name().value())
          .put("version", entry.version())
          .put("state", state(entry))
          .put("reason", entry.reason());
    return OipResource.ok(models);
  }

  @POST
  @Path("repository/{repository}/index")
  public Response indexOf(@PathParam("repository") String name, byte[] body) {
    oneRepository(name);
    return index(body);
  }

  static String state(ServedRepository.Entry entry) {
    return entry.ready() ? "READY" : "UNAVAILABLE";
  }

  /** There is one repository, without a name. */
  static void oneRepository(String name) {
    if (!name.isEmpty())
      throw new Unsupported(
          "repository \"%s\": there is one repository here, and it has no name: leave it out"
              .formatted(name));
  }

  @POST
  @Path("repository/models/{model}/load")
  public Response load(@PathParam("model") String model, byte[] body) {
    var name = new EndpointName(model);
    var parameters = document(body).path("parameters");
    if (!parameters.isObject() && !parameters.isMissingNode())
      throw new InvalidInput(
          "parameters: got a %s, expected an object".formatted(parameters.getNodeType()));
    for (var parameter : parameters.properties()) onlyWhatIsRegistered(parameter.getKey());
    repository.load(name);
    return OipResource.ok(Map.of("name", name.value(), "load", true));
  }

  /** Refuses every parameter: those that there are bring a model or a configuration along. */
  static void onlyWhatIsRegistered(String parameter) {
    var shown = parameter.length() <= 60 ? parameter : parameter.substring(0, 60);
    if (parameter.equals("config") || parameter.startsWith("file:"))
      throw new Unsupported(
          "parameter \"%s\" of load: models come from the registry: millrace model import NAME FILE.onnx, then millrace deploy"
              .formatted(shown));
    throw new InvalidInput("load has no parameter \"%s\": leave it out".formatted(shown));
  }

  @POST
  @Path("repository/models/{model}/unload")
  public Response unload(@PathParam("model") String model, byte[] body) {
    var name = new EndpointName(model);
    document(body);
    repository.unload(name);
    return OipResource.ok(Map.of("name", name.value(), "unload", true));
  }

  @GET
  @Path("models/stats")
  public Response statistics() {
    var all = Json.mapper().createArrayNode();
    for (var endpoint : endpoints.list()) {
      var deployment = endpoint.deployment();
      add(
          all,
          deployment.endpoint().value(),
          deployment.version().number(),
          endpoints.statistics(deployment));
    }
    return OipResource.ok(Json.object().set("model_stats", all));
  }

  @GET
  @Path("models/{model}/stats")
  public Response statistics(@PathParam("model") String model) {
    return statistics(model, null);
  }

  @GET
  @Path("models/{model}/versions/{version}/stats")
  public Response versionStatistics(
      @PathParam("model") String model, @PathParam("version") String version) {
    return statistics(model, version);
  }

  private Response statistics(String model, @Nullable String version) {
    var one = Json.mapper().createArrayNode();
    try (var lease = inference.lease(new EndpointName(model), version)) {
      var deployment = lease.deployment();
      add(one, model, deployment.version().number(), endpoints.statistics(deployment));
    }
    return OipResource.ok(Json.object().set("model_stats", one));
  }

  private static void add(ArrayNode all, String model, long version, ServingStatistics line) {
    var none = new ServingStatistics.Total(0, 0);
    var stats =
        all.addObject()
            .put("name", model)
            .put("version", String.valueOf(version))
            .put("last_inference", line.lastMillis())
            .put("inference_count", line.inferences())
            .put("execution_count", line.executions());
    var inference = stats.putObject("inference_stats");
    total(inference, "success", line.success());
    total(inference, "fail", line.failure());
    total(inference, "queue", line.queue());
    parts(inference, line.parts());
    total(inference, "cache_hit", none);
    total(inference, "cache_miss", none);
    stats.putObject("response_stats");
    var batches = stats.putArray("batch_stats");
    for (var batch : line.batches())
      parts(batches.addObject().put("batch_size", batch.rows()), batch.parts());
    stats.putArray("memory_usage");
  }

  private static void parts(ObjectNode to, ServingStatistics.Parts parts) {
    total(to, "compute_input", parts.input());
    total(to, "compute_infer", parts.infer());
    total(to, "compute_output", parts.output());
  }

  private static void total(ObjectNode to, String name, ServingStatistics.Total total) {
    to.putObject(name).put("count", total.count()).put("ns", total.nanos());
  }

  @GET
  @Path("models/{model}/config")
  public Response configuration(@PathParam("model") String model) {
    return configuration(model, null);
  }

  @GET
  @Path("models/{model}/versions/{version}/config")
  public Response versionConfiguration(
      @PathParam("model") String model, @PathParam("version") String version) {
    return configuration(model, version);
  }

  private Response configuration(String model, @Nullable String version) {
    try (var lease = inference.lease(new EndpointName(model), version)) {
      return OipResource.ok(described(model, lease));
    }
  }

  /** The rows are in the shapes, so the size of batches is 0: nothing is put before them. */
  private static ObjectNode described(String model, Lease lease) {
    var config =
        Json.object()
            .put("name", model)
            .put("platform", ProtocolWords.platform(lease))
            .put("backend", ProtocolWords.backend(lease))
            .put("max_batch_size", 0);
    fields(config.putArray("input"), lease.asked().inputs());
    fields(config.putArray("output"), lease.signature().outputs());
    return config;
  }

  private static void fields(ArrayNode to, List<Field> fields) {
    for (var field : fields) {
      var dims =
          to.addObject()
              .put("name", field.name())
              .put("data_type", ProtocolWords.configured(field.datatype()))
              .putArray("dims");
      field.shape().forEach(dims::add);
    }
  }

  @GET
  @Path("trace/setting")
  public Response trace() {
    var settings = Json.object();
    ProtocolWords.TRACE.forEach((name, values) -> {
      if (name.equals("trace_level")) settings.putArray(name).add(values.getFirst());
      else settings.put(name, values.getFirst());
    });
    return OipResource.ok(settings);
  }

  @GET
  @Path("models/{model}/trace/setting")
  public Response trace(@PathParam("model") String model) {
    inference.lease(new EndpointName(model), null).close();
    return trace();
  }

  /** An update of nothing is how clients read them. */
  @POST
  @Path("trace/setting")
  public Response setTrace(byte[] body) {
    if (!document(body).isEmpty()) throw new Unsupported(ProtocolWords.TRACE_IS_FIXED);
    return trace();
  }

  @POST
  @Path("models/{model}/trace/setting")
  public Response setTrace(@PathParam("model") String model, byte[] body) {
    if (!document(body).isEmpty()) throw new Unsupported(ProtocolWords.TRACE_IS_FIXED);
    return trace(model);
  }

  @GET
  @Path("logging")
  public Response log() {
    return OipResource.ok(ProtocolWords.LOG);
  }

  @POST
  @Path("logging")
  public Response setLog(byte[] body) {
    if (!document(body).isEmpty()) throw new Unsupported(ProtocolWords.LOG_IS_FIXED);
    return log();
  }

  @GET
  @Path("{kind: systemsharedmemory|cudasharedmemory}/{rest: .*}")
  public Response sharedMemory(@PathParam("kind") String kind) {
    throw new Unsupported(
        "%s: shared memory is not supported: send the data in the request".formatted(kind));
  }

  @POST
  @Path("{kind: systemsharedmemory|cudasharedmemory}/{rest: .*}")
  public Response setSharedMemory(@PathParam("kind") String kind) {
    return sharedMemory(kind);
  }

  /** An empty body is an empty object. */
  private static JsonNode document(byte[] body) {
    if (body.length == 0) return Json.object();
    var document = Json.parse(new String(body, StandardCharsets.UTF_8));
    if (!document.isObject())
      throw new InvalidInput(
          "the body: got a %s, expected an object".formatted(document.getNodeType()));
    return document;
  }
}
