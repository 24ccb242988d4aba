package io.millrace.pipelines;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A supervisor's process, known by its number and by when it started, since numbers are given anew.
 */
record Supervised(long pid, String started) {
  private static final Path PROC = Path.of("/proc");

  /** As its supervisor wrote it; empty where it has not yet. */
  static Optional<Supervised> read(Path control) throws IOException {
    var file = control.resolve("pid");
    if (!Files.exists(file)) return Optional.empty();
    var text = Files.readString(file);
    int space = text.indexOf(' ');
    if (space < 0 || !text.endsWith("\n")) return Optional.empty();
    return Optional.of(
        new Supervised(
            Long.parseLong(text.substring(0, space)), text.substring(space + 1).strip()));
  }

  boolean isAlive() throws IOException {
    return Files.isDirectory(PROC.resolve("self")) ? isInProc() : isInList();
  }

  private boolean isInProc() throws IOException {
    var file = PROC.resolve(String.valueOf(pid)).resolve("stat");
    String stat;
    try {
      stat = Files.readString(file);
    } catch (IOException e) {
      return false; // It is gone, perhaps just now.
    }
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    var boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    return !fields[0].equals("Z") && started.equals(fields[19] + "@" + boot);
  }

  private boolean isInList() throws IOException {
    var process = new ProcessBuilder("/bin/ps", "-o", "lstart=", "-p", String.valueOf(pid)).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .strip()
        .equals(started);
  }

  /** What it started, and they in turn. */
  List<ProcessHandle> descendants() throws IOException {
    if (!isAlive()) return List.of();
    return ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).toList();
  }

  /** Sends a signal to its group, unless it is gone. */
  void signal(String signal) throws IOException {
    if (!isAlive()) return;
    var _ =
        new ProcessBuilder("/bin/sh", "-c", "kill -s %s -- -%d".formatted(signal, pid))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .onExit()
            .join();
  }
}
