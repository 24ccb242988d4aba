package io.millrace.base;

/** What was asked is known and not done by this version or on this platform. */
public final class Unsupported extends Failure {

  public Unsupported(String message) {
    super(message);
  }
}
