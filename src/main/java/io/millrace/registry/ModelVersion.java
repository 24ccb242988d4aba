package io.millrace.registry;

import io.millrace.base.Digest;
import io.millrace.base.Unsupported;
import io.millrace.metadata.ExecutionId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One model under a registered model's name; what it is never changes.
 *
 * @param sealed the digest of the sealed model package; null for a model of MLflow's that is none,
 *     since only its onnx flavor can be sealed
 * @param source how it came: "pipeline", "package", "onnx" or "mlflow"
 * @param execution what registered it
 */
public record ModelVersion(
    VersionId id,
    @Nullable Digest sealed,
    String source,
    ExecutionId execution,
    Instant createdAt,
    VersionCard card) {
  public ModelName model() {
    return id.model();
  }

  public long number() {
    return id.number();
  }

  /** The sealed package, which evaluation and serving need. */
  public Digest packageDigest() {
    if (sealed == null)
      throw new Unsupported(
          "model version %s is no ONNX model (its files: %s), and only those are evaluated and served: log it with mlflow.onnx.log_model and register that, or import its ONNX file"
              .formatted(id, card.storage().isEmpty() ? card.uri() : card.storage()));
    return sealed;
  }
}
