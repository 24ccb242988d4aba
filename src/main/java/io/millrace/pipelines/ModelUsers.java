package io.millrace.pipelines;

import io.millrace.base.Snapshot;
import java.util.List;

/** Says which endpoints serve a registered model. */
public interface ModelUsers {
  /**
   * @param version NAME/NUMBER
   * @param share of the endpoint's traffic, 0 to 1
   */
  record Use(String endpoint, String version, double share) {}

  /** Those that serve any version of the model now. */
  List<Use> of(Snapshot snapshot, String model);
}
