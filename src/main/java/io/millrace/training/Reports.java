package io.millrace.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a child process tells while it works: lines of events.jsonl, which its parent reads along.
 */
final class Reports implements AutoCloseable {
  static final String FILE = "events.jsonl";

  private final Writer writer;

  Reports(Path folder) throws IOException {
    writer = Files.newBufferedWriter(folder.resolve(FILE), StandardCharsets.UTF_8);
  }

  void log(String line) {
    write(Json.object().put("event", "log").put("line", line));
  }

  void progress(String doing, double share) {
    write(Json.object().put("event", "progress").put("doing", doing).put("share", share));
  }

  void metric(String name, double value, long step) {
    if (Double.isFinite(value))
      write(
          Json.object()
              .put("event", "metric")
              .put("name", name)
              .put("value", value)
              .put("step", step));
  }

  void param(String name, String value) {
    write(Json.object().put("event", "param").put("name", name).put("value", value));
  }

  private void write(ObjectNode event) {
    try {
      writer.write(Json.write(event) + "\n");
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
