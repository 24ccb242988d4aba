package io.millrace.serving;

import io.millrace.models.Tensor;
import java.util.List;

/** What endpoints were asked lately, so that a version can be tried on it before it serves. */
@FunctionalInterface
public interface RecentRequests {
  /** A request that was answered under this id. */
  record Recorded(String id, List<Tensor> inputs) {
    public Recorded {
      inputs = List.copyOf(inputs);
    }
  }

  /** Some of the newest of the endpoint's requests whose inputs are known, the newest first. */
  List<Recorded> of(EndpointName endpoint);
}
