package io.millrace.base;

/** What was named does not exist. */
public final class NotFound extends Failure {

  public NotFound(String message) {
    super(message);
  }

  /** As "no WHAT "ID"". */
  public NotFound(String what, Object id) {
    super("no %s \"%s\"".formatted(what, id));
  }

  /** As "no WHAT "ID"; NEXT", where next tells what to do. */
  public NotFound(String what, Object id, String next) {
    super("no %s \"%s\"; %s".formatted(what, id, next));
  }
}
