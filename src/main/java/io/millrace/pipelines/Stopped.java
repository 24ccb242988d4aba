package io.millrace.pipelines;

/** Thrown through a step's own code when its run is stopped, to be caught where the step ends. */
final class Stopped extends RuntimeException {
  private static final long serialVersionUID = 1;

  Stopped() {
    super("stopped", null, false, false);
  }
}
