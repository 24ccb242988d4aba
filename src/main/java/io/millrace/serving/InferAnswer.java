package io.millrace.serving;

import io.millrace.models.Tensor;
import io.millrace.registry.VersionId;
import java.util.List;

/**
 * What an endpoint answered.
 *
 * @param version the model version that answered
 * @param outputs in the order that the request asked for them
 * @param predictionId the time-ordered id under which this answer is known
 */
public record InferAnswer(
    EndpointName endpoint,
    VersionId version,
    InferRequest request,
    List<Tensor> outputs,
    String predictionId) {
  public InferAnswer {
    outputs = List.copyOf(outputs);
  }

  /** The version's number, as the protocol writes it. */
  public String number() {
    return String.valueOf(version.number());
  }
}
