package io.millrace.pipelines;

/** A command is gone and left no exit code. */
final class CommandLost extends RuntimeException {
  private static final long serialVersionUID = 1;

  CommandLost() {
    super(
        "the command is gone without an exit code: its process was killed from outside, or the machine went down; run it again");
  }
}
