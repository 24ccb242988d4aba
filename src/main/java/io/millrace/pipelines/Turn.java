package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;

/**
 * When in a run a step has its turn. A step needs only steps of its own turn or an earlier one, and
 * begins when all of the earlier turns have ended.
 */
enum Turn {
  ORDINARY(""),
  /** Runs only where an ordinary step failed. */
  ON_FAILURE("on-failure"),
  /** Runs whatever the others came to, also where the run was cancelled. */
  FINALLY("finally");

  /** The key that says so. */
  final String key;

  Turn(String key) {
    this.key = key;
  }

  boolean isLate() {
    return this != ORDINARY;
  }

  boolean isBefore(Turn other) {
    return compareTo(other) < 0;
  }

  static Turn parse(YamlNode step) {
    boolean onFailure = step.optional(ON_FAILURE.key).map(YamlNode::bool).orElse(false);
    boolean last = step.optional(FINALLY.key).map(YamlNode::bool).orElse(false);
    if (onFailure && last)
      throw step.key(FINALLY.key)
          .invalid(
              "a step is either on-failure or finally; remove one of them, a finally step can ask  if: ${{ run.state == 'failed' }}");
    var turn = onFailure ? ON_FAILURE : last ? FINALLY : ORDINARY;
    if (turn.isLate() && step.optional("cache").map(YamlNode::bool).orElse(false))
      throw step.key("cache")
          .invalid(
              "a step that is %s is done each time and never taken from the cache; remove \"cache\""
                  .formatted(turn.key));
    return turn;
  }
}
