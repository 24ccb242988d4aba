package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;

/**
 * A trigger as people see it.
 *
 * @param trigger what is waited for, in words
 * @param definition as the pipeline's file says, with what it leaves out
 * @param next the times that a schedule comes next
 * @param waiting how many of its firings wait to begin
 */
public record TriggerSummary(
    String pipeline,
    String trigger,
    String kind,
    JsonNode definition,
    List<Instant> next,
    long waiting) {
  public TriggerSummary {
    next = List.copyOf(next);
  }
}
