package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.Instances;
import io.millrace.pipelines.PipelineRun;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.RunEvents;
import io.millrace.pipelines.StepRun;
import io.millrace.pipelines.StepState;
import io.millrace.pipelines.Triggers;
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
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pipeline runs. */
@Path("/api/v1/runs/{id}")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class RunResource {
  private final Pipelines pipelines;
  private final Triggers triggers;

  @Inject
  public RunResource(Pipelines pipelines, Triggers triggers) {
    this.pipelines = pipelines;
    this.triggers = triggers;
  }

  @GET
  public ShownRun run(@PathParam("id") String id) {
    return new ShownRun(pipelines.run(id), triggers.firingOf(id).orElse(null));
  }

  /**
   * Waits up to so many seconds (at most 60) for something to happen after event number {@code
   * after}.
   */
  @GET
  @Path("/events")
  public RunEvents events(
      @PathParam("id") String id,
      @QueryParam("after") @Nullable String after,
      @QueryParam("wait") @Nullable String wait) {
    return pipelines.events(
        id,
        Fields.number("after", after, 0, 0, Long.MAX_VALUE),
        Duration.ofSeconds(Fields.number("wait", wait, 0, 0, Integer.MAX_VALUE)));
  }

  @POST
  @Path("/cancel")
  public PipelineRun cancel(@PathParam("id") String id) {
    return pipelines.cancel(id);
  }

  /** No new step starts; those at work end. */
  @POST
  @Path("/pause")
  public PipelineRun pause(@PathParam("id") String id) {
    return pipelines.pause(id);
  }

  /** Goes on: {"from": STEP, "edited": false}, both optional. */
  @POST
  @Path("/resume")
  @Consumes(MediaType.WILDCARD)
  public PipelineRun resume(@PathParam("id") String id, @Nullable JsonNode given) {
    var body = given == null ? Json.object() : Fields.object(given, List.of("from", "edited"));
    if (body.has("from") && !body.path("from").isTextual())
      throw new InvalidInput("from", body.path("from"), "the name of a step");
    if (body.has("edited") && !body.path("edited").isBoolean())
      throw new InvalidInput("edited", body.path("edited"), "true or false");
    var from = body.has("from") ? body.path("from").textValue() : null;
    return pipelines.resume(id, from, body.path("edited").asBoolean(false));
  }

  /** A step, or an instance of one, which is called STEP[INDEX]. */
  @GET
  @Path("/steps/{step}")
  public StepRun step(@PathParam("id") String id, @PathParam("step") String step) {
    return pipelines.step(id, step);
  }

  /**
   * The instances of a step after that index, at most so many: {"instances": [...], "next": INDEX},
   * where next is to be given as after for more, and null where there are none.
   */
  @GET
  @Path("/steps/{step}/instances")
  public JsonNode instances(
      @PathParam("id") String id,
      @PathParam("step") String step,
      @QueryParam("state") @Nullable String state,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    int most = (int) Fields.number("limit", limit, 100, 1, Pipelines.MOST_INSTANCES);
    int from = (int) Fields.number("after", after, -1, -1, Integer.MAX_VALUE);
    var wanted = state == null ? null : StepState.named(state);
    var page = pipelines.instances(id, step, wanted, from, most);
    var answer = Json.object().put("run", id).put("step", step);
    answer.set("instances", Json.tree(page));
    if (page.size() < most) answer.putNull("next");
    else answer.put("next", Instances.index(page.getLast().name()));
    return answer;
  }

  /** What the last attempt logged, or that of a number. */
  @GET
  @Path("/steps/{step}/log")
  @Produces(MediaType.TEXT_PLAIN)
  public String log(
      @PathParam("id") String id,
      @PathParam("step") String step,
      @QueryParam("attempt") @Nullable String attempt) {
    return pipelines.log(
        id, step, (int) Fields.number("attempt", attempt, 0, 1, Integer.MAX_VALUE));
  }
}
