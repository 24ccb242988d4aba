package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.Firing;
import io.millrace.pipelines.Triggers;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What starts runs by itself, and when it did. */
@Path("/api/v1/triggers")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class TriggerResource {
  private static final List<String> KEYS = List.of("alert", "pipeline", "params", "evidence");
  private static final int MOST = 1_000;

  private final Triggers triggers;

  @Inject
  public TriggerResource(Triggers triggers) {
    this.triggers = triggers;
  }

  /** The triggers of a pipeline, or of all; schedules with their next times. */
  @GET
  public JsonNode list(@QueryParam("pipeline") @Nullable String pipeline) {
    return Json.object().set("triggers", Json.tree(triggers.list(pipeline)));
  }

  /** The newest first. */
  @GET
  @Path("/firings")
  public JsonNode firings(
      @QueryParam("pipeline") @Nullable String pipeline,
      @QueryParam("limit") @Nullable String limit) {
    int most = (int) Fields.number("limit", limit, 100, 1, MOST);
    return answer(triggers.firings(pipeline, most));
  }

  /**
   * {"alert": ENDPOINT} fires what waits for an alert of that endpoint, {"pipeline": NAME,
   * "params": {NAME: VALUE}} a pipeline as such; "evidence" is any JSON that is kept with it.
   */
  @POST
  @Path("/fire")
  public JsonNode fire(@Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    if (body.has("alert") == body.has("pipeline"))
      throw new InvalidInput(
          "expected either \"alert\" with an endpoint or \"pipeline\" with a name");
    var evidence = body.has("evidence") ? body.path("evidence") : Json.object();
    if (body.has("pipeline"))
      return answer(
          List.of(
              triggers.call(
                  Fields.text(body, "pipeline"), Fields.entries(body, "params"), evidence)));
    if (body.has("params"))
      throw new InvalidInput(
          "\"params\" go with \"pipeline\"; those of an alert stand under on: in the pipelines");
    return answer(triggers.alert(Fields.text(body, "alert"), evidence));
  }

  /** The push event of GitHub and of others that tell and sign in its way. */
  @POST
  @Path("/push")
  @Consumes(MediaType.WILDCARD)
  public JsonNode push(
      @HeaderParam("X-Hub-Signature-256") @Nullable String signature,
      @HeaderParam("X-GitHub-Event") @Nullable String event,
      InputStream body)
      throws IOException {
    return answer(triggers.push(signature, event, body.readNBytes(Triggers.MOST_PUSH_BYTES + 1)));
  }

  private static JsonNode answer(List<Firing> firings) {
    return Json.object().set("firings", Json.tree(firings));
  }
}
