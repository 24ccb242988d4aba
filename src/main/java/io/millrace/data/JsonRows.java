package io.millrace.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.io.BufferedReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads one JSON object a line; blank lines are skipped. */
final class JsonRows implements AutoCloseable {
  private final String file;
  private final BufferedReader reader;
  private long line;

  JsonRows(SourceFile file) throws IOException {
    this.file = file.name();
    this.reader = new BufferedReader(file.open(), 1 << 16);
  }

  long line() {
    return line;
  }

  /** The next row; null at the end. */
  @Nullable ObjectNode next() throws IOException {
    while (true) {
      var text = reader.readLine();
      if (text == null) return null;
      line++;
      if (text.isBlank()) continue;
      JsonNode node;
      try {
        node = Json.mapper().readTree(text);
      } catch (JsonProcessingException e) {
        throw new InvalidInput(
            "%s, line %d, column %d: not JSON (%s): %s"
                .formatted(
                    file,
                    line,
                    e.getLocation() == null ? 1 : e.getLocation().getColumnNr(),
                    Json.reason(e),
                    brief(text)));
      }
      if (node instanceof ObjectNode object) return object;
      throw new InvalidInput(
          "%s, line %d: %s is not an object; write one {\"column\": value, ...} a line"
              .formatted(file, line, brief(text)));
    }
  }

  private static String brief(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
