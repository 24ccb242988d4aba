package io.millrace.serving.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.registry.VersionId;
import io.millrace.serving.Deployment;
import io.millrace.serving.Endpoint;
import io.millrace.serving.EndpointFile;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Features;
import io.millrace.serving.Serving;
import io.millrace.serving.predictions.Predictions;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is served here, and what shall be. */
@Path("/api/v1/endpoints")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class EndpointResource {
  private final Endpoints endpoints;
  private final Predictions predictions;

  @Inject
  public EndpointResource(Endpoints endpoints, Predictions predictions) {
    this.endpoints = endpoints;
    this.predictions = predictions;
  }

  /** One line of the list. */
  public record Line(
      EndpointName name,
      VersionId version,
      boolean ready,
      @Nullable String reason,
      Instant deployedAt) {
    static Line of(Endpoint endpoint) {
      var deployment = endpoint.deployment();
      return new Line(
          endpoint.name(),
          deployment.version(),
          endpoint.ready(),
          endpoint.reason().orElse(null),
          deployment.deployedAt());
    }
  }

  public record Lines(List<Line> endpoints) {}

  public record Served(
      VersionId version, @JsonProperty("package") Digest packageDigest, Instant deployedAt) {
    static Served of(Deployment deployment) {
      return new Served(deployment.version(), deployment.packageDigest(), deployment.deployedAt());
    }
  }

  /**
   * Everything about one; inputs, outputs and what protections are missing only while it is ready.
   */
  public record Details(
      EndpointName name,
      VersionId version,
      boolean ready,
      @Nullable String reason,
      List<Field> inputs,
      List<Field> outputs,
      List<String> missing,
      List<Served> history,
      List<VersionId> withdrawn,
      @Nullable Serving serving,
      Predictions.Standing log,
      @Nullable EndpointFile file,
      Features.@Nullable Described features) {}

  /**
   * What to serve.
   *
   * @param force also where it fails on what the endpoint was asked lately; false where null
   */
  public record Target(@Nullable String model, @Nullable Boolean force) {}

  @GET
  public Lines list() {
    return new Lines(endpoints.list().stream().map(Line::of).toList());
  }

  @GET
  @Path("{name}")
  public Details show(@PathParam("name") String name) {
    return details(new EndpointName(name));
  }

  /** Returns when the endpoint answers with the version. */
  @POST
  @Path("{name}/deploy")
  @Consumes(MediaType.APPLICATION_JSON)
  public Details deploy(@PathParam("name") String name, @Nullable Target target) {
    var endpoint = new EndpointName(name);
    if (target == null || target.model() == null) {
      throw new InvalidInput(
          "the body has no \"model\", expected {\"model\": \"NAME\"}, NAME/VERSION or NAME@ALIAS");
    }
    endpoints.deploy(endpoint, target.model(), Boolean.TRUE.equals(target.force()));
    return details(endpoint);
  }

  /** Serves what was served before; the version that served is withdrawn from the endpoint. */
  @POST
  @Path("{name}/rollback")
  public Details rollback(@PathParam("name") String name) {
    var endpoint = new EndpointName(name);
    endpoints.rollback(endpoint);
    return details(endpoint);
  }

  /** Lets a version that was rolled back be deployed here again. */
  @POST
  @Path("{name}/lift")
  @Consumes(MediaType.APPLICATION_JSON)
  public Details lift(@PathParam("name") String name, @Nullable JsonNode body) {
    var endpoint = new EndpointName(name);
    var version = Fields.text(Fields.object(body, List.of("model")), "model");
    endpoints.lift(endpoint, VersionId.parse(version));
    return details(endpoint);
  }

  /** Changes the settings named; null takes one back to what is usual. */
  @POST
  @Path("{name}/configure")
  @Consumes(MediaType.APPLICATION_JSON)
  public Details configure(@PathParam("name") String name, @Nullable JsonNode change) {
    var endpoint = new EndpointName(name);
    endpoints.configure(endpoint, change);
    return details(endpoint);
  }

  @DELETE
  @Path("{name}")
  public Map<String, String> delete(@PathParam("name") String name) {
    var endpoint = new EndpointName(name);
    endpoints.delete(endpoint);
    return Map.of("deleted", endpoint.value());
  }

  private Details details(EndpointName name) {
    var endpoint = endpoints.endpoint(name);
    var version = endpoint.deployment().version();
    var reason = endpoint.reason().orElse(null);
    var history = endpoints.history(name).stream().map(Served::of).toList();
    var log = predictions.standing(name);
    var file = endpoints.file(name).orElse(null);
    if (!endpoint.ready())
      return new Details(
          name,
          version,
          false,
          reason,
          List.of(),
          List.of(),
          List.of(),
          history,
          endpoints.withdrawn(name),
          null,
          log,
          file,
          null);
    try (var lease = endpoints.lease(name)) {
      var signature = lease.asked();
      var features = lease.features();
      return new Details(
          name,
          version,
          true,
          null,
          signature.inputs(),
          signature.outputs(),
          lease.missing(),
          history,
          endpoints.withdrawn(name),
          lease.serving(),
          log,
          file,
          features == null ? null : features.described());
    }
  }
}
