package io.millrace.experiments;

import java.time.Instant;

/** One value of a metric. */
public record Metric(String key, double value, Instant at, long step) {
  /** Whether this counts as later: by step, then by time. */
  boolean supersedes(Metric other) {
    return step != other.step ? step > other.step : !at.isBefore(other.at);
  }
}
