package io.millrace.registry;

import io.millrace.base.Digest;
import io.millrace.metadata.ExecutionId;
import java.time.Instant;

/**
 * One package under a model's name; never changed.
 *
 * @param packageDigest of the sealed model package
 * @param source how it came: "pipeline", "package", "onnx" or "mlflow"
 * @param execution what registered it
 */
public record ModelVersion(
    VersionId id, Digest packageDigest, String source, ExecutionId execution, Instant createdAt) {
  public ModelName model() {
    return id.model();
  }

  public long number() {
    return id.number();
  }
}
