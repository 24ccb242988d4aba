package io.millrace.cli;

/**
 * A command line that cannot be meant: ends with exit code 2, as what the parser itself refuses.
 */
final class WrongUsage extends RuntimeException {
  private static final long serialVersionUID = 1;

  WrongUsage(String message) {
    super(message);
  }

  /** As "WHAT: got GOT, expected EXPECTED". */
  WrongUsage(String what, String got, String expected) {
    this("%s: got \"%s\", expected %s".formatted(what, got, expected));
  }
}
