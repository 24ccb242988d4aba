package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads comma-separated values by RFC 4180, with any delimiter and quote, and any line end. Blank
 * lines are skipped. A field without quotes loses the spaces around it and is missing if nothing is
 * left; one in quotes stays as it is, with its line ends.
 */
final class CsvRows implements AutoCloseable {
  private static final int LONGEST_FIELD = 1 << 24;
  private static final int SAMPLE = 200;
  private static final char[] DELIMITERS = {',', ';', '\t', '|'};

  private final String file;
  private final Reader reader;
  private final char delimiter;
  private final char quote;
  private final char[] buffer = new char[1 << 16];
  private int at;
  private int end;
  private int before;
  private long line = 1;
  private long rowLine = 1;

  CsvRows(SourceFile file, char delimiter, char quote) throws IOException {
    this.file = file.name();
    this.reader = file.open();
    this.delimiter = delimiter;
    this.quote = quote;
  }

  /**
   * The delimiter under which most of the first rows have the same number of fields, more than one.
   */
  static char delimiter(SourceFile file, char quote) throws IOException {
    char best = ',';
    double most = 0;
    for (char delimiter : DELIMITERS) {
      var counts = new HashMap<Integer, Integer>();
      int rows = 0;
      try (var sample = new CsvRows(file, delimiter, quote)) {
        for (@Nullable List<@Nullable String> row = sample.next();
            row != null && rows < SAMPLE;
            row = sample.next()) {
          counts.merge(row.size(), 1, Integer::sum);
          rows++;
        }
      } catch (InvalidInput e) {
        // Judged by the rows before the fault; the fault is told when the file is read.
      }
      for (var count : counts.entrySet()) {
        if (count.getKey() == 1 || rows == 0) continue;
        double score = (double) count.getValue() / rows + count.getKey() * 1e-6;
        if (score > most) {
          most = score;
          best = delimiter;
        }
      }
    }
    return best;
  }

  /** The line on which the last row began. */
  long line() {
    return rowLine;
  }

  private int peek() throws IOException {
    if (at == end) {
      end = Math.max(0, reader.read(buffer, 0, buffer.length));
      at = 0;
      if (end == 0) return -1;
    }
    return buffer[at];
  }

  /** The next character; any line end is one '\n'. */
  private int take() throws IOException {
    int c = takeAsIs();
    if (c != '\r') return c;
    if (peek() == '\n') takeAsIs();
    return '\n';
  }

  private int takeAsIs() throws IOException {
    int c = peek();
    if (c < 0) return c;
    at++;
    if (c == '\r' || c == '\n' && before != '\r') line++;
    before = c;
    return c;
  }

  /** The next row's fields, a missing one null; null at the end. */
  @Nullable List<@Nullable String> next() throws IOException {
    while (true) {
      if (peek() < 0) return null;
      rowLine = line;
      var row = row();
      if (row.size() > 1 || row.getFirst() != null) return row;
    }
  }

  private List<@Nullable String> row() throws IOException {
    var row = new ArrayList<@Nullable String>();
    var text = new StringBuilder();
    while (true) {
      text.setLength(0);
      int c = take();
      while ((c == ' ' || c == '\t') && c != delimiter) {
        text.append((char) c);
        c = take();
      }
      if (c == quote) {
        text.setLength(0);
        c = quoted(text, row.size() + 1);
        row.add(text.toString());
      } else {
        while (c >= 0 && c != delimiter && c != '\n') {
          if (c == 0)
            throw new InvalidInput(
                "%s, line %d: a zero byte; this is not a text file".formatted(file, line));
          text.append((char) c);
          if (text.length() > LONGEST_FIELD)
            throw new InvalidInput(
                "%s, line %d, field %d: longer than %,d characters"
                    .formatted(file, rowLine, row.size() + 1, LONGEST_FIELD));
          c = take();
        }
        var field = text.toString().strip();
        row.add(field.isEmpty() ? null : field);
      }
      if (c != delimiter) return row;
    }
  }

  /** Reads on behind an opening quote; returns what ended the field. */
  private int quoted(StringBuilder text, int field) throws IOException {
    long opened = line;
    while (true) {
      int c = takeAsIs();
      if (c < 0 || text.length() > LONGEST_FIELD) {
        throw new InvalidInput(
            "%s, line %d, field %d: the quote %s opened here is never closed; close it, or double it where it is part of the text"
                .formatted(file, opened, field, quote));
      }
      if (c != quote) {
        text.append((char) c);
        continue;
      }
      if (peek() == quote) {
        text.append((char) take());
        continue;
      }
      int after = take();
      while (after != delimiter && (after == ' ' || after == '\t')) after = take();
      if (after < 0 || after == '\n' || after == delimiter) return after;
      throw new InvalidInput(
          "%s, line %d, field %d: \"%s\" follows the closing quote; double a quote that is part of the text, or say csv: {delimiter: ...} (it is %s here)"
              .formatted(
                  file,
                  line,
                  field,
                  (char) after,
                  delimiter == '\t' ? "a tab" : "\"" + delimiter + "\""));
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
