package io.millrace.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.models.explanations.Explainer;
import io.millrace.serving.EndpointName;
import io.millrace.serving.explanations.AnswerExplanations;
import io.millrace.serving.predictions.Origins;
import io.millrace.serving.predictions.PredictionRow;
import io.millrace.serving.predictions.Predictions;
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
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the endpoints answered. */
@Path("/api/v1/predictions")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class PredictionResource {
  private static final int PAGE = 100;
  private static final List<String> KEYS = List.of("sql", "endpoint", "since", "until", "limit");

  private final Predictions predictions;
  private final Origins origins;
  private final AnswerExplanations explanations;

  @Inject
  public PredictionResource(
      Predictions predictions, Origins origins, AnswerExplanations explanations) {
    this.predictions = predictions;
    this.origins = origins;
    this.explanations = explanations;
  }

  /** The newest first; {@code next}, where there are more, is the next page's {@code before}. */
  @GET
  public JsonNode list(
      @QueryParam("endpoint") @Nullable String endpoint,
      @QueryParam("since") @Nullable String since,
      @QueryParam("until") @Nullable String until,
      @QueryParam("where") @Nullable String where,
      @QueryParam("before") @Nullable String before,
      @QueryParam("limit") @Nullable String limit) {
    var question =
        new Predictions.Question(
            name(endpoint),
            time("since", since),
            time("until", until),
            where,
            before,
            (int) Fields.number("limit", limit, PAGE, 1, Predictions.MOST_LISTED));
    var found = predictions.list(question);
    var answer = Json.object();
    var listed = answer.putArray("predictions");
    for (var row : found.path("rows")) listed.add(PredictionRow.json(found.path("columns"), row));
    if (found.path("truncated").asBoolean())
      answer.set("next", listed.path(listed.size() - 1).path("id"));
    return answer;
  }

  /** One SELECT over the table predictions. */
  @POST
  @Path("query")
  @Consumes(MediaType.APPLICATION_JSON)
  public JsonNode query(@Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    return predictions.sql(
        Fields.text(body, "sql"),
        name(text(body, "endpoint")),
        time("since", text(body, "since")),
        time("until", text(body, "until")),
        Fields.whole(body, "limit", PAGE));
  }

  /**
   * What each of its inputs added to it.
   *
   * @param output NAME or NAME[INDEX]; the usual one where it is left out
   */
  @GET
  @Path("{id: .+}/explanation")
  public ObjectNode explanation(
      @PathParam("id") String id,
      @QueryParam("output") @Nullable String output,
      @QueryParam("permutations") @Nullable String permutations) {
    long drawn =
        Fields.number(
            "permutations", permutations, Explainer.PERMUTATIONS, 4, Explainer.MOST_PERMUTATIONS);
    return explanations.explanation(id, AnswerExplanations.options(output, drawn));
  }

  /** Everything about one, and where its model came from. */
  @GET
  @Path("{id: .+}")
  public ObjectNode show(@PathParam("id") String id) {
    return origins.addTo(predictions.prediction(id));
  }

  private static @Nullable String text(ObjectNode body, String key) {
    return body.has(key) ? Fields.text(body, key) : null;
  }

  private static @Nullable EndpointName name(@Nullable String endpoint) {
    return endpoint == null ? null : new EndpointName(endpoint);
  }

  private static @Nullable Instant time(String what, @Nullable String text) {
    if (text == null) return null;
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new InvalidInput(what, text, "a time such as 2001-02-03T04:05:06Z");
    }
  }
}
