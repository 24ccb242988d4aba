package io.millrace.pipelines;

/** Thrown in the transaction that would begin an attempt of a paused run, so that none begins. */
final class Held extends RuntimeException {
  private static final long serialVersionUID = 1;

  Held() {
    super("paused", null, false, false);
  }
}
