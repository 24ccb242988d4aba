package io.millrace.base;

/** Stored bytes are not what their digest says. */
public final class Damaged extends Failure {

  public Damaged(String message) {
    super(message);
  }
}
