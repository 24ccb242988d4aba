package io.millrace.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.io.BufferedReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object a line, blank lines skipped, or one list of objects, by the first character
 * of the file. Holds one row at a time.
 */
final class JsonRows implements AutoCloseable {
  private static final ObjectReader ELEMENT =
      Json.mapper().reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String file;
  private final BufferedReader reader;

  /** Inside the list; null where each line is a row. */
  private final @Nullable JsonParser list;

  /** Lines of white space before the list, which its parser does not see. */
  private long skipped;

  private long line;

  JsonRows(SourceFile file) throws IOException {
    this.file = file.name();
    this.reader = new BufferedReader(file.open(), 1 << 16);
    boolean opensList = opensList();
    this.list = opensList ? Json.mapper().createParser(reader) : null;
    if (list != null) list.nextToken();
    this.line = skipped;
  }

  /** Whether the first character that is no white space opens a list; takes only what is before. */
  private boolean opensList() throws IOException {
    while (true) {
      reader.mark(1);
      int c = reader.read();
      if (c < 0 || !Character.isWhitespace(c)) {
        reader.reset();
        return c == '[';
      }
      if (c == '\n') skipped++;
    }
  }

  long line() {
    return line;
  }

  /** The next row; null at the end. */
  @Nullable ObjectNode next() throws IOException {
    return list == null ? nextLine() : nextElement(list);
  }

  private @Nullable ObjectNode nextElement(JsonParser parser) throws IOException {
    try {
      var token = parser.nextToken();
      line = skipped + parser.currentTokenLocation().getLineNr();
      if (token == JsonToken.START_OBJECT) return ELEMENT.readTree(parser);
      if (token == JsonToken.END_ARRAY) {
        if (parser.nextToken() == null) return null;
        throw new InvalidInput(
            "%s, line %d: something follows the list; write all rows in one list, or one object a line"
                .formatted(file, line));
      }
      throw new InvalidInput(
          "%s, line %d: the list holds %s where an object is due; write [{\"column\": value, ...}, ...]"
              .formatted(
                  file, line, token == JsonToken.START_ARRAY ? "a list" : brief(parser.getText())));
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new InvalidInput(
          "%s, line %d, column %d: not JSON (%s)"
              .formatted(
                  file,
                  at == null ? line : skipped + at.getLineNr(),
                  at == null ? 1 : at.getColumnNr(),
                  e.getOriginalMessage().replaceFirst(" \\(start marker at .*\\)", "")));
    }
  }

  private @Nullable ObjectNode nextLine() throws IOException {
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
