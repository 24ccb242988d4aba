package io.millrace.pipelines;

/**
 * Thrown in a transaction of an attempt that may no longer write, so that nothing of it becomes
 * true.
 */
final class Fenced extends RuntimeException {
  private static final long serialVersionUID = 1;

  Fenced(String run, String step) {
    super("run=%s step=%s another engine has taken over".formatted(run, step), null, false, false);
  }
}
