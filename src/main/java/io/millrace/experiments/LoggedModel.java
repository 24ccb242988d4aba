package io.millrace.experiments;

import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A model that a run logged, before it has a name in the registry.
 *
 * @param run the id of the run that logged it, or empty
 * @param artifacts the root of its files
 */
public record LoggedModel(
    String id,
    long experiment,
    String name,
    String type,
    String run,
    Standing standing,
    String artifacts,
    Contents contents) {

  public enum Status {
    LOGGED_MODEL_PENDING,
    LOGGED_MODEL_READY,
    LOGGED_MODEL_UPLOAD_FAILED
  }

  public record Standing(
      Status status,
      @Nullable String message,
      Instant createdAt,
      Instant updatedAt,
      boolean deleted) {}

  public record Contents(
      SortedMap<String, String> params,
      SortedMap<String, String> tags,
      List<ModelMetric> metrics) {}

  /** The last value of a metric of the model on one dataset; both names are empty for none. */
  public record ModelMetric(Metric metric, String run, String datasetName, String datasetDigest) {}
}
