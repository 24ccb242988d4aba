package io.millrace.experiments;

import java.time.Instant;

/** One value of a metric at a step of the work. */
public record Metric(String key, double value, Instant at, long step) {

  /** The order in which values of one key count as later: by step, then time, then value. */
  boolean supersedes(Metric other) {
    if (step != other.step) return step > other.step;
    int byTime = at.compareTo(other.at);
    return byTime != 0 ? byTime > 0 : Double.compare(value, other.value) >= 0;
  }
}
