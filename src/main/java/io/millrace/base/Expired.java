package io.millrace.base;

/** The time that the asker gave ran out before an answer was there. */
public final class Expired extends Failure {

  public Expired(String message) {
    super(message, false);
  }
}
