package io.millrace.serving;

import io.millrace.models.LoadedModel;

/** A version in memory that was tried, and may serve an endpoint. Closing it gives it up. */
record Readied(LoadedModel model, WarmUp warmUp, EndpointSettings settings)
    implements AutoCloseable {
  @Override
  public void close() {
    model.close();
  }
}
