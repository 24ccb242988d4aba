package io.millrace.serving;

import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointMeters.Outcome;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What is learnt of one request that is told of when it ends. One thread at a time uses it. */
final class RequestTrace {
  private final Tracing tracing;
  private final @Nullable TraceContext parent;
  private final EndpointName endpoint;
  private final Instant at;
  private final long began = System.nanoTime();
  private @Nullable VersionId version;
  private long queueNanos;
  private long computeNanos;

  private RequestTrace(
      Tracing tracing, @Nullable TraceContext parent, EndpointName endpoint, Instant at) {
    this.tracing = tracing;
    this.parent = parent;
    this.endpoint = endpoint;
    this.at = at;
  }

  /** Null where it is not told of. */
  static @Nullable RequestTrace begin(
      @Nullable Tracing tracing, EndpointName endpoint, @Nullable String traceparent, Instant at) {
    if (tracing == null) return null;
    var parent = TraceContext.of(traceparent);
    return tracing.wants(parent) ? new RequestTrace(tracing, parent, endpoint, at) : null;
  }

  void asked(VersionId asked) {
    version = asked;
  }

  void computed(long waited, long computing) {
    queueNanos = waited;
    computeNanos = computing;
  }

  void ended(@Nullable Throwable thrown) {
    var cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    var outcome = cause == null ? Outcome.OK : Outcome.of(cause);
    tracing.offer(
        new Tracing.Request(
            parent,
            endpoint,
            version,
            at,
            (System.nanoTime() - began) / 1_000,
            outcome.name().toLowerCase(Locale.ROOT),
            queueNanos / 1_000,
            computeNanos / 1_000));
  }
}
