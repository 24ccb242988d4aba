package io.millrace.pipelines;

/**
 * Thrown by a component whose work is a command that ended with a code other than 0; the message is
 * for the user. What {@code retry} makes of the code is said at {@code ErrorClass}.
 */
public final class CommandFailed extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int exitCode;

  public CommandFailed(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
