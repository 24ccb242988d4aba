package io.millrace.base;

/** What was asked contradicts what stands now. */
public final class Conflict extends Failure {

  public Conflict(String message) {
    super(message);
  }
}
