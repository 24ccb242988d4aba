package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Conflict;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.models.Predictor;
import io.millrace.registry.VersionId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What came of asking a version, before it serves, what its endpoint was asked lately. Nothing of
 * it is logged or counted as predictions are.
 *
 * @param answered how many requests it answered
 * @param unfit how many have other inputs than it takes; a signature that changed is no fault
 * @param unfitBecause of the newest of them
 * @param failed how many fit, and were not answered
 * @param failedBecause of the newest of them
 * @param failedId of the newest of them
 */
record Replay(
    int answered,
    int unfit,
    @Nullable String unfitBecause,
    int failed,
    @Nullable String failedBecause,
    @Nullable String failedId) {
  /** No call begins later. */
  static final Duration LONGEST = Duration.ofSeconds(2);

  /** Asks in the order given, until the time is up. */
  static Replay of(Predictor model, List<RecentRequests.Recorded> requests) {
    return of(model, requests, LONGEST);
  }

  static Replay of(Predictor model, List<RecentRequests.Recorded> requests, Duration longest) {
    int answered = 0;
    int unfit = 0;
    String unfitBecause = null;
    int failed = 0;
    String failedBecause = null;
    String failedId = null;
    long end = System.nanoTime() + longest.toNanos();
    for (var request : requests) {
      if (System.nanoTime() >= end) break;
      try {
        model.signature().check(request.inputs());
      } catch (InvalidInput e) {
        if (unfit++ == 0) unfitBecause = e.getMessage();
        continue;
      }
      try {
        var _ = model.run(WarmUp.ordered(model.signature(), request.inputs()), Set.of());
        answered++;
      } catch (RuntimeException e) {
        if (failed++ > 0) continue;
        failedBecause = e.getMessage() == null ? e.toString() : e.getMessage();
        failedId = request.id();
      }
    }
    return new Replay(answered, unfit, unfitBecause, failed, failedBecause, failedId);
  }

  /** What was answered before would not be any more. */
  void refuseFailed(EndpointName endpoint, VersionId version) {
    if (failed > 0)
      throw new Conflict(
          "%s fails on %,d of the last %,d requests that endpoint %s answered: %s. What served there still does. See such a request with `millrace predictions %s`, or deploy it all the same with `millrace deploy %s --model %s --force`"
              .formatted(
                  version,
                  failed,
                  answered + unfit + failed,
                  endpoint,
                  failedBecause,
                  failedId,
                  endpoint,
                  version));
  }

  ObjectNode json() {
    var json = Json.object().put("answered", answered).put("unfit", unfit).put("failed", failed);
    if (unfitBecause != null) json.put("unfit_because", unfitBecause);
    if (failedBecause != null) json.put("failed_because", failedBecause);
    return json;
  }
}
