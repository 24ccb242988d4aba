package io.millrace.pipelines;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
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
  private final Path mark;
  private final Deque<String> last = new ArrayDeque<>();
  private long at;

  ProcessOutput(Task task, Runner runner) throws IOException {
    this.task = task;
    this.runner = runner;
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
    int end = read.length;
    while (end > 0 && read[end - 1] != '\n') end--;
    if (end == 0 && (ended || read.length >= LONGEST_PART)) end = read.length;
    if (end == 0) return false;
    var text = new String(Arrays.copyOf(read, end), StandardCharsets.UTF_8);
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
