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
 * @param files the digest of the folder that it was registered from over MLflow's protocol; null
 *     where it came another way, or its files are elsewhere
 * @param source how it came: "pipeline", "package", "onnx" or "mlflow"
 * @param execution what registered it
 */
public record ModelVersion(
    VersionId id,
    @Nullable Digest sealed,
    @Nullable Digest files,
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

  /** What an endpoint serves: the sealed package; else the files, for a model in Python. */
  public Digest served() {
    return sealed == null && files != null ? files : packageDigest();
  }

  /** The sealed package, which evaluation needs. */
  public Digest packageDigest() {
    if (sealed == null)
      throw new Unsupported(
          "model version %s is no ONNX model (its files: %s), and only those are evaluated: log it with mlflow.onnx.log_model and register that, or import its ONNX file"
              .formatted(id, card.storage().isEmpty() ? card.uri() : card.storage()));
    return sealed;
  }
}
