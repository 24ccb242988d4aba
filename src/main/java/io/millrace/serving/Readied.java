package io.millrace.serving;

import io.millrace.models.Predictor;
import org.jspecify.annotations.Nullable;

/** A version in memory that was tried, and may serve an endpoint. Closing it gives it up. */
record Readied(
    Predictor model, WarmUp warmUp, EndpointSettings settings, @Nullable Features features)
    implements AutoCloseable {
  @Override
  public void close() {
    model.close();
  }
}
