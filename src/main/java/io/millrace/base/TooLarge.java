package io.millrace.base;

/** What was given exceeds a documented limit. */
public final class TooLarge extends Failure {

  public TooLarge(String message) {
    super(message);
  }
}
