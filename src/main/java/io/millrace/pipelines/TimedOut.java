package io.millrace.pipelines;

/** Thrown where a step took longer than it may; the message is for the user. */
final class TimedOut extends RuntimeException {
  private static final long serialVersionUID = 1;

  TimedOut(String message) {
    super(message, null, false, false);
  }
}
