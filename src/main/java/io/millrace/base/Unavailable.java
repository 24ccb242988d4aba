package io.millrace.base;

/** What was asked cannot be done now; later it may. */
public final class Unavailable extends Failure {

  public Unavailable(String message) {
    super(message);
  }
}
