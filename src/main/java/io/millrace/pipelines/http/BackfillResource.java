package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.Backfill;
import io.millrace.pipelines.Triggers;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs of a pipeline for each date of a span. */
@Path("/api/v1/pipelines/{name}/backfill")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class BackfillResource {
  private static final List<String> KEYS =
      List.of("param", "from", "to", "every", "at_once", "params", "dry_run");

  private final Triggers triggers;

  @Inject
  public BackfillResource(Triggers triggers) {
    this.triggers = triggers;
  }

  /**
   * {"param": NAME, "from": DATE, "to": DATE, "every": "1d", "at_once": 1, "params": {NAME: VALUE},
   * "dry_run": false}; to is the last date that there may be.
   */
  @POST
  public JsonNode backfill(@PathParam("name") String name, @Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    if (body.has("dry_run") && !body.path("dry_run").isBoolean())
      throw new InvalidInput("dry_run", body.path("dry_run"), "true or false");
    boolean dryRun = body.path("dry_run").asBoolean();
    var backfill =
        new Backfill(
            Fields.text(body, "param"),
            date(body, "from"),
            date(body, "to"),
            Backfill.every(Fields.text(body, "every")),
            Fields.whole(body, "at_once", 1),
            Fields.entries(body, "params"));
    var dates = triggers.backfill(name, backfill, dryRun);
    var answer = Json.object().put("pipeline", name).put("dry_run", dryRun);
    return answer.set("dates", Json.tree(dates));
  }

  private static LocalDate date(JsonNode body, String key) {
    var text = Fields.text(body, key);
    try {
      return LocalDate.parse(text);
    } catch (DateTimeException e) {
      throw new InvalidInput(key, text, "a date such as 2001-01-31");
    }
  }
}
