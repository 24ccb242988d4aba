package io.millrace.serving;

import io.millrace.registry.VersionId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Is told of requests for predictions as they end; must neither wait nor throw. */
public interface Tracing {
  /**
   * A request that ended.
   *
   * @param parent what it belongs to; null where it came without
   * @param version that answered, or would have; null where there was none
   * @param outcome ok, invalid, rejected, expired, cancelled or failed
   * @param queueMicros what it waited for the model, and {@code computeMicros} what the call took
   *     that answered it; 0 where it was not answered
   */
  record Request(
      @Nullable TraceContext parent,
      EndpointName endpoint,
      @Nullable VersionId version,
      Instant at,
      long micros,
      String outcome,
      long queueMicros,
      long computeMicros) {}

  /** Whether a request is to be told of that belongs to this, or comes without. */
  boolean wants(@Nullable TraceContext parent);

  void offer(Request request);
}
