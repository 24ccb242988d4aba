package io.millrace.evaluation.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.evaluation.Binary;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** Metrics of labels and scores that the caller has. */
@Path("/api/v1/metrics")
@Singleton
@RunOnVirtualThread
public class MetricResource {

  /**
   * AUC, log loss and Brier score of {"labels": [0 or 1, or truth values], "scores":
   * [probabilities]}; auc is null for one class.
   */
  @POST
  @Path("/binary")
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode binary(@Nullable JsonNode body) {
    if (body == null) throw expected();
    var labels = body.path("labels");
    var scores = body.path("scores");
    if (!labels.isArray() || !scores.isArray() || labels.isEmpty()) throw expected();
    if (labels.size() != scores.size())
      throw new InvalidInput(
          "scores", scores.size(), "%d, as many as labels".formatted(labels.size()));
    var positive = new boolean[labels.size()];
    var values = new double[positive.length];
    for (int i = 0; i < positive.length; i++) {
      positive[i] = positive(labels.get(i), i);
      if (!scores.get(i).isNumber())
        throw new InvalidInput(
            "score at row %d".formatted(i + 1), scores.get(i), "a probability from 0 to 1");
      values[i] = scores.get(i).doubleValue();
    }
    Binary.check(values, "score");
    var answer = Json.object();
    double auc = Binary.auc(positive, values);
    if (Double.isNaN(auc)) answer.putNull("auc");
    else answer.put("auc", auc);
    return answer
        .put("log_loss", Binary.logLoss(positive, values))
        .put("brier", Binary.brier(positive, values))
        .put("rows", positive.length);
  }

  private static InvalidInput expected() {
    return new InvalidInput(
        "body: expected {\"labels\": [0, 1, ...], \"scores\": [0.1, 0.9, ...]} with at least one row");
  }

  private static boolean positive(JsonNode label, int row) {
    if (label.isBoolean()) return label.booleanValue();
    if (label.isNumber() && (label.doubleValue() == 0 || label.doubleValue() == 1))
      return label.doubleValue() == 1;
    throw new InvalidInput("label at row %d".formatted(row + 1), label, "0 or 1, or a truth value");
  }
}
