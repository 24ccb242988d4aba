package io.millrace.registry.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.registry.WebhookDelivery;
import io.millrace.registry.Webhooks;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;

/** What became of webhooks' deliveries; webhooks are made by MLflow's calls. */
@Path("/api/v1/webhooks/{id}/deliveries")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class WebhookResource {
  private static final int MOST = 1_000;

  private final Database database;
  private final Webhooks webhooks;

  @Inject
  public WebhookResource(Database database, Webhooks webhooks) {
    this.database = database;
    this.webhooks = webhooks;
  }

  /** The newest first. */
  @GET
  public JsonNode deliveries(
      @PathParam("id") String id, @QueryParam("limit") @DefaultValue("100") int limit) {
    if (limit < 1 || limit > MOST) throw new InvalidInput("limit", limit, "1 to " + MOST);
    var answer = Json.object();
    var list = answer.putArray("deliveries");
    for (var delivery : database.read(s -> webhooks.deliveries(s, id, limit))) {
      var one =
          list.addObject()
              .put("id", delivery.id())
              .put("event", delivery.event().toString())
              .put("state", delivery.state().name())
              .put("attempts", delivery.attempts())
              .put("created_at", delivery.createdAt().toString());
      if (delivery.state() == WebhookDelivery.State.PENDING)
        one.put("next_at", delivery.nextAt().toString());
      one.put("status_code", delivery.outcome().statusCode())
          .put("error", delivery.outcome().error());
    }
    return answer;
  }
}
