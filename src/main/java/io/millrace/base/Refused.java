package io.millrace.base;

/** What was asked is not allowed, whoever asks in this way. */
public final class Refused extends Failure {

  public Refused(String message) {
    super(message);
  }
}
