package io.millrace.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.predictions.LogSettings;
import io.millrace.serving.predictions.Predictions;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an endpoint's predictions are kept, and how many were, and were lost. */
@Path("/api/v1/endpoints/{name}/log")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class EndpointLogResource {
  private static final List<String> KEYS = List.of("sample", "mask", "keep_days");

  private final Endpoints endpoints;
  private final Predictions predictions;

  @Inject
  public EndpointLogResource(Endpoints endpoints, Predictions predictions) {
    this.endpoints = endpoints;
    this.predictions = predictions;
  }

  @GET
  public Predictions.Standing show(@PathParam("name") String name) {
    var endpoint = new EndpointName(name);
    endpoints.endpoint(endpoint); // refuses one that is not there
    return predictions.standing(endpoint);
  }

  /** What is not said stays as it is. */
  @PUT
  @Consumes(MediaType.APPLICATION_JSON)
  public Predictions.Standing set(@PathParam("name") String name, @Nullable JsonNode given) {
    var endpoint = new EndpointName(name);
    var body = Fields.object(given, KEYS);
    var now = predictions.standing(endpoint).settings();
    return predictions.set(
        endpoint,
        new LogSettings(
            sample(body.get("sample"), now.sample()),
            body.has("mask") ? Fields.texts(body, "mask") : now.mask(),
            Fields.whole(body, "keep_days", now.keepDays())));
  }

  private static double sample(@Nullable JsonNode value, double otherwise) {
    if (value == null) return otherwise;
    if (!value.isNumber())
      throw new InvalidInput("sample", value, "a share from 0 (log nothing) to 1 (log all)");
    return value.doubleValue();
  }
}
