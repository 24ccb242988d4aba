package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a step asks people, and what they decided.
 *
 * @param given what is decided on: the step's values, and its artifacts by digest
 * @param otherwise whether it counts as approved when nobody has decided until it is due
 * @param approved null until somebody has decided
 * @param decidedBy the user who decided
 */
public record Approval(
    String run,
    String pipeline,
    String step,
    String ask,
    JsonNode given,
    boolean otherwise,
    Instant askedAt,
    Instant dueAt,
    @Nullable Boolean approved,
    @Nullable String decidedBy,
    @Nullable String comment,
    @Nullable Instant decidedAt) {

  /** As "approved by ana". */
  String text() {
    return "%s by %s".formatted(Boolean.TRUE.equals(approved) ? "approved" : "rejected", decidedBy);
  }
}
