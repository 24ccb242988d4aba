package io.millrace.pipelines;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Passes what a command writes on to its step's log, whole lines only. How far it has come is kept
 * in a file, so that whoever takes the command up goes on from there.
 */
final class ProcessOutput {
  private static final int MOST_LINES = 20;
  private static final int LONGEST_LINE = 500;
  private static final int LONGEST_PART = 1 << 16;

  private final Task task;
  private final Runner runner;
  private final SecretMask mask;
  private final Path mark;
  private final Deque<String> last = new ArrayDeque<>();
  private long at;

  /**
   * @param mask what is not to be seen in the log
   */
  ProcessOutput(Task task, Runner runner, SecretMask mask) throws IOException {
    this.task = task;
    this.runner = runner;
    this.mask = mask;
    this.mark = task.folder().resolve("passed-on");
    this.at = Files.exists(mark) ? Long.parseLong(Files.readString(mark).strip()) : 0;
  }

  void passOn() throws IOException {
    while (passOnPart(false)) {
      // There was more than is read at once.
    }
  }

  /** Passes on what is left, though no line end may follow. */
  void end() throws IOException {
    passOn();
    while (passOnPart(true)) {
      // as above
    }
  }

  private boolean passOnPart(boolean ended) throws IOException {
    var read = runner.logs(task.attempt(), at);
    int end = mask.part(read, ended, read.length >= LONGEST_PART);
    if (end == 0) return false;
    var text = mask.text(read, end);
    task.log(text);
    text.lines().forEach(this::keep);
    at += end;
    Files.writeString(mark, String.valueOf(at));
    return true;
  }

  private void keep(String line) {
    if (line.isBlank()) return;
    last.add(line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "...");
    if (last.size() > MOST_LINES) last.removeFirst();
  }

  /** The last lines, indented. */
  String last() {
    return String.join("\n", last.stream().map(line -> "  " + line).toList());
  }
}
