package io.millrace.pipelines;

import java.time.Duration;
import java.util.Set;

/**
 * How often and when a step that failed is tried again.
 *
 * @param attempts at most, the first one included
 * @param backoff before the second attempt
 * @param factor by which each wait is longer than the one before, up to an hour
 * @param on the failures that are tried again
 * @param exits the exit codes of commands that are tried again, whatever their class
 */
record Retry(
    int attempts, Duration backoff, double factor, Set<ErrorClass> on, Set<Integer> exits) {
  static final Retry NONE = new Retry(1, Duration.ZERO, 1, Set.of(), Set.of());
  static final Duration LONGEST = Duration.ofHours(1);

  Retry {
    on = Set.copyOf(on);
    exits = Set.copyOf(exits);
  }

  boolean allows(int failures, Throwable thrown) {
    return failures < attempts
        && (on.contains(ErrorClass.of(thrown))
            || thrown instanceof CommandFailed failed && exits.contains(failed.exitCode()));
  }

  /**
   * The wait after so many failures.
   *
   * @param chance from 0 to 1: the wait lies between 0.75 and 1.25 of what the rule says, so that
   *     steps that failed together do not come back together
   */
  Duration pause(int failures, double chance) {
    double millis = backoff.toMillis() * Math.pow(factor, failures - 1.0);
    return Duration.ofMillis(
        Math.round(Math.min(millis, (double) LONGEST.toMillis()) * (0.75 + chance / 2)));
  }
}
