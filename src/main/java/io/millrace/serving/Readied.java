package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.models.Golden;
import io.millrace.models.Predictor;
import org.jspecify.annotations.Nullable;

/**
 * A version in memory that was tried, and may serve an endpoint. Closing it gives it up.
 *
 * @param replay of recorded requests; null where it is not new at its endpoint
 * @param features what completes requests; null where they bring all inputs
 */
record Readied(
    Predictor model,
    WarmUp warmUp,
    @Nullable Replay replay,
    EndpointSettings settings,
    @Nullable Features features)
    implements AutoCloseable {

  Readied replayed(Replay of) {
    return new Readied(model, warmUp, of, settings, features);
  }

  /** How it was tried. */
  ObjectNode json() {
    var json = warmUp.json().put("golden_rows", model.golden().map(Golden::rows).orElse(0L));
    if (replay != null) json.set("recorded_requests", replay.json());
    return json;
  }

  @Override
  public void close() {
    model.close();
  }
}
