package io.millrace.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.base.Json;
import io.millrace.serving.predictions.Feedback;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Labels that arrive later. */
@Path("/api/v1/feedback")
@Singleton
@RunOnVirtualThread
public class FeedbackResource {
  private final Feedback feedback;

  @Inject
  public FeedbackResource(Feedback feedback) {
    this.feedback = feedback;
  }

  public record Taken(List<String> predictions) {}

  /** Takes one object, or a list of them under {@code feedback}. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public Taken give(@Nullable JsonNode given) {
    if (given != null && given.has("feedback"))
      return new Taken(feedback.give(Fields.object(given, List.of("feedback")).path("feedback")));
    return new Taken(feedback.give(given == null ? Json.array() : Json.array().add(given)));
  }
}
