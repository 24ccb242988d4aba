package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of a pipeline run.
 *
 * @param key the digest of everything that went into it, once known
 * @param keyParts what the key was taken of
 * @param outputs by name: {"type": TYPE, "digest": DIGEST} of an artifact, or the plain value
 * @param error why it failed, was skipped or was cancelled
 * @param notBefore when the next attempt may begin, where it waits for that
 * @param attempts in their order
 * @param given of an instance, the values it is done for, by the first word of what reads them
 * @param instances of a step that has some, once it is known which
 * @param waitsFor what it needs to begin and others have, where it waits for that
 */
public record StepRun(
    String name,
    String uses,
    List<String> needs,
    StepState state,
    @Nullable Digest key,
    @Nullable JsonNode keyParts,
    @Nullable JsonNode outputs,
    @Nullable JsonNode summary,
    @Nullable String error,
    @Nullable Instant startedAt,
    @Nullable Instant endedAt,
    @Nullable Instant notBefore,
    List<StepAttempt> attempts,
    @Nullable JsonNode given,
    @Nullable Instances instances,
    @Nullable String waitsFor) {
  public StepRun {
    needs = List.copyOf(needs);
    attempts = List.copyOf(attempts);
  }

  /** A step that nothing has happened to yet. */
  static StepRun waiting(StepDefinition step) {
    return new StepRun(
        step.id(),
        step.component(),
        List.copyOf(step.needs().keySet()),
        StepState.WAITING,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(),
        null,
        null,
        null);
  }

  StepRun waitingFor(String missing) {
    return new StepRun(
        name, uses, needs, state, key, keyParts, outputs, summary, error, startedAt, endedAt,
        notBefore, attempts, given, instances, missing);
  }

  /** How long it took, or null if it did not begin or has not ended. */
  @JsonProperty
  public @Nullable Double seconds() {
    return startedAt == null || endedAt == null
        ? null
        : Math.max(0, endedAt.toEpochMilli() - startedAt.toEpochMilli()) / 1000.0;
  }
}
