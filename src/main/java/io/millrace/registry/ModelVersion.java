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
 * @param files the digest of the folder that it was registered from over MLflow's protocol, and of
 *     a model in Python however it came; null for others, and where its files are elsewhere
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

  /** What answers: the sealed package; else the files, for a model in Python. */
  public Digest served() {
    if (sealed != null) return sealed;
    if (files != null) return files;
    throw new Unsupported(
        "the files of model version %s are not on this server, but at %s: log the model to this server with MLflow's client, or import its folder with `millrace model import`"
            .formatted(id, card.storage().isEmpty() ? card.uri() : card.storage()));
  }
}
