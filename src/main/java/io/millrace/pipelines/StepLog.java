package io.millrace.pipelines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The log of one step: lines with their time in a file, of at most 10 MB. Thread-safe. */
final class StepLog implements AutoCloseable {
  static final long MOST_BYTES = 10_000_000;

  private final Path file;
  private final Clock clock;
  private @Nullable Writer writer;
  private long bytes;
  private boolean closed;

  StepLog(Path file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  synchronized void line(String text) {
    if (closed || bytes >= MOST_BYTES) return;
    var line =
        text.lines()
            .map(l -> clock.instant().truncatedTo(ChronoUnit.MILLIS) + " " + l + "\n")
            .reduce("", String::concat);
    bytes += line.getBytes(StandardCharsets.UTF_8).length;
    if (bytes >= MOST_BYTES)
      line = "the log ends here: it may have %,d bytes\n".formatted(MOST_BYTES);
    try {
      if (writer == null) {
        Files.createDirectories(file.getParent());
        writer =
            Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
      writer.write(line);
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (writer == null) return;
    try {
      writer.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
