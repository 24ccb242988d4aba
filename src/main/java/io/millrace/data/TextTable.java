package io.millrace.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * A text file's fields as they stand, with their lines, in a table of an engine: so the types are
 * judged by every row, and a fault can be told with its line and its text.
 */
final class TextTable {
  private static final String TABLE = "source_text";
  private static final int SAMPLE = 5_000;
  private static final int BATCH = 100_000;

  private final Engine engine;
  private final SourceFile file;

  /** Column name -> what its values may be, by the file's own notation. */
  private final SequencedMap<String, Set<ValueKind>> columns;

  private final long rows;

  private TextTable(
      Engine engine, SourceFile file, SequencedMap<String, Set<ValueKind>> columns, long rows) {
    this.engine = engine;
    this.file = file;
    this.columns = columns;
    this.rows = rows;
  }

  long rows() {
    return rows;
  }

  static TextTable csv(Engine engine, SourceFile file, SourceOptions.Csv options) {
    try {
      char delimiter =
          options.delimiter() == null
              ? CsvRows.delimiter(file, options.quote())
              : options.delimiter();
      try (var source = new CsvRows(file, delimiter, options.quote())) {
        var first = source.next();
        if (first == null) throw empty(file, options.header() ? "a header line and rows" : "rows");
        var names = options.header() ? header(file, source.line(), first) : numbered(first.size());
        var kinds = EnumSet.allOf(ValueKind.class);
        if (delimiter == ',') kinds.remove(ValueKind.COMMA_NUMBER);
        var columns = new LinkedHashMap<String, Set<ValueKind>>();
        for (var name : names) columns.put(name, kinds);
        create(engine, names.size());
        long rows = 0;
        try (var sink = new Sink(engine)) {
          for (var row = options.header() ? source.next() : first;
              row != null;
              row = source.next()) {
            if (row.size() != names.size())
              throw broken(file, source.line(), row, names, delimiter);
            sink.add(source.line(), row);
            rows++;
          }
        }
        if (rows == 0)
          throw new InvalidInput(
              "%s has a header and no rows; add rows, or leave the file out"
                  .formatted(file.name()));
        return new TextTable(engine, file, columns, rows);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InvalidInput empty(SourceFile file, String expected) {
    return new InvalidInput("%s is empty; expected %s".formatted(file.name(), expected));
  }

  private static InvalidInput broken(
      SourceFile file, long line, List<@Nullable String> row, List<String> names, char delimiter) {
    return new InvalidInput(
        "%s, line %d: %d fields where %d are due (%s); put quotes around a field that holds %s, or remove the row: %s"
            .formatted(
                file.name(),
                line,
                row.size(),
                names.size(),
                brief(String.join(", ", names), 100),
                delimiter == '\t' ? "a tab" : "\"" + delimiter + "\"",
                brief(
                    String.join(
                        String.valueOf(delimiter),
                        row.stream().map(f -> f == null ? "" : f).toList()),
                    100)));
  }

  private static String brief(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most) + "...";
  }

  private static List<String> numbered(int count) {
    var names = new ArrayList<String>();
    for (int i = 1; i <= count; i++) names.add("column" + i);
    return names;
  }

  private static List<String> header(SourceFile file, long line, List<@Nullable String> fields) {
    var names = new ArrayList<String>();
    for (int i = 0; i < fields.size(); i++) {
      var field = fields.get(i);
      names.add(field == null || field.isBlank() ? "column" + (i + 1) : field.strip());
    }
    distinct(file.name() + ", line " + line, names);
    return names;
  }

  /** Refuses names that SQL takes for the same, and names with control characters. */
  static void distinct(String where, List<String> names) {
    var seen = new TreeMap<String, Integer>();
    for (int i = 0; i < names.size(); i++) {
      var name = names.get(i);
      if (name.chars().anyMatch(Character::isISOControl)) {
        throw new InvalidInput(
            "%s: the name of column %d holds a line break or another control character; rename it"
                .formatted(where, i + 1));
      }
      var before = seen.put(name.toLowerCase(Locale.ROOT), i);
      if (before != null) {
        throw new InvalidInput(
            "%s: columns %d and %d are both named \"%s\"%s; rename one"
                .formatted(
                    where,
                    before + 1,
                    i + 1,
                    name,
                    names.get(before).equals(name)
                        ? ""
                        : " (upper and lower case count as the same)"));
      }
    }
  }

  static TextTable jsonLines(Engine engine, SourceFile file) {
    try {
      var columns = new LinkedHashMap<String, Set<ValueKind>>();
      long rows = 0;
      try (var source = new JsonRows(file)) {
        for (var row = source.next(); row != null; row = source.next(), rows++)
          note(file, source.line(), row, columns);
      }
      if (rows == 0) throw empty(file, "one JSON object a line");
      var names = List.copyOf(columns.keySet());
      distinct(file.name(), names);
      create(engine, names.size());
      try (var source = new JsonRows(file);
          var sink = new Sink(engine)) {
        for (var row = source.next(); row != null; row = source.next()) {
          var fields = new ArrayList<@Nullable String>();
          for (var name : names) {
            var value = row.get(name);
            fields.add(value == null || value.isNull() ? null : value.asText());
          }
          sink.add(source.line(), fields);
        }
      }
      return new TextTable(engine, file, columns, rows);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void note(
      SourceFile file, long line, ObjectNode row, Map<String, Set<ValueKind>> columns) {
    for (var field : row.properties()) {
      var value = field.getValue();
      var kinds = columns.computeIfAbsent(field.getKey(), _ -> EnumSet.allOf(ValueKind.class));
      if (value.isContainerNode()) {
        throw new InvalidInput(
            "%s, line %d, column \"%s\": %s cannot be held in a table; write its parts as columns of their own"
                .formatted(
                    file.name(), line, field.getKey(), value.isArray() ? "a list" : "an object"));
      }
      if (value.isNull()) continue;
      if (value.isBoolean()) kinds.retainAll(EnumSet.of(ValueKind.BOOLEAN, ValueKind.TEXT));
      else if (value.isNumber())
        kinds.retainAll(EnumSet.of(ValueKind.INTEGER, ValueKind.NUMBER, ValueKind.TEXT));
      else
        kinds.removeAll(
            EnumSet.of(
                ValueKind.INTEGER, ValueKind.NUMBER, ValueKind.COMMA_NUMBER, ValueKind.BOOLEAN));
    }
  }

  private static void create(Engine engine, int columns) {
    var list = new StringBuilder("line bigint");
    for (int i = 0; i < columns; i++) list.append(", c").append(i).append(" varchar");
    engine.execute("create or replace table " + TABLE + " (" + list + ")");
  }

  /** Writes rows into the table. */
  private static final class Sink implements AutoCloseable {
    private final DuckDBAppender appender;
    private long count;

    Sink(Engine engine) {
      try {
        appender = engine.connection().unwrap(DuckDBConnection.class).createAppender(TABLE);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    void add(long line, List<@Nullable String> fields) {
      try {
        appender.beginRow();
        appender.append(line);
        for (var field : fields) {
          if (field == null) appender.appendNull();
          else appender.append(field);
        }
        appender.endRow();
        if (++count % BATCH == 0) appender.flush();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      try {
        appender.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * The kind of every column: the owned one, checked on every value; else the narrowest that all
   * values have. A column without any value is left out of the answer.
   */
  SequencedMap<String, ValueKind> kinds(Map<String, String> owned) {
    for (var name : owned.keySet()) {
      if (!columns.containsKey(name)) {
        throw new InvalidInput(
            "%s has no column \"%s\", which its definition declares%s; it has %s"
                .formatted(
                    file.name(),
                    name,
                    nearest(name),
                    brief(String.join(", ", columns.keySet()), 200)));
      }
    }
    var result = new LinkedHashMap<String, ValueKind>();
    int i = 0;
    for (var column : columns.entrySet()) {
      var type = owned.get(column.getKey());
      var kind =
          type == null
              ? found("c" + i, column.getValue())
              : owned(column.getKey(), "c" + i, type, column.getValue());
      if (kind != null) result.put(column.getKey(), kind);
      i++;
    }
    return result;
  }

  private String nearest(String name) {
    var suggestion = Names.suggestion(name, columns.keySet());
    return suggestion.startsWith("; did") ? " (" + suggestion.substring(2) + ")" : "";
  }

  private ValueKind owned(String name, String column, String type, Set<ValueKind> notation) {
    var kind = ValueKind.named(name, type);
    if (kind == ValueKind.TIMESTAMP && wrong(column, ValueKind.LOCAL_TIME, true, TABLE) == 0)
      kind = ValueKind.LOCAL_TIME;
    if (kind == ValueKind.NUMBER
        && notation.contains(ValueKind.COMMA_NUMBER)
        && wrong(column, kind, true, TABLE) > 0
        && wrong(column, ValueKind.COMMA_NUMBER, true, TABLE) == 0) {
      kind = ValueKind.COMMA_NUMBER;
    }
    record Fault(long line, String text) {}
    var faults =
        engine.query(
            "select line, %s from %s where %s order by line limit 1"
                .formatted(column, TABLE, kind.wrong(column, true)),
            row -> new Fault(row.getLong(1), row.getString(2)));
    if (!faults.isEmpty()) {
      var fault = faults.getFirst();
      throw new InvalidInput(
          "%s, line %d, column \"%s\": \"%s\" is not %s; correct the value, or change the column's type in the dataset's definition"
              .formatted(
                  file.name(), fault.line(), name, brief(fault.text(), 80), kind.expected()));
    }
    return kind;
  }

  private @Nullable ValueKind found(String column, Set<ValueKind> notation) {
    if (engine.number("select count(%s) from %s".formatted(column, TABLE)) == 0) return null;
    for (var kind : ValueKind.all()) {
      if (kind == ValueKind.TEXT || !notation.contains(kind)) continue;
      if (wrong(column, kind, false, "(from %s limit %d)".formatted(TABLE, SAMPLE)) > 0
          || wrong(column, kind, false, TABLE) > 0) continue;
      if (engine.number("select count(*) from %s where %s".formatted(TABLE, kind.present(column)))
          == 0) return ValueKind.TEXT;
      if (kind == ValueKind.COMMA_NUMBER && thousands(column)) return ValueKind.TEXT;
      return kind;
    }
    return ValueKind.TEXT;
  }

  /**
   * Whether every comma could as well separate thousands, so that what it means cannot be known.
   */
  private boolean thousands(String column) {
    return engine.number(
            "select count(*) from %s where contains(%s, ',') and not regexp_full_match(trim(%s), '[+-]?[0-9]{1,3},[0-9]{3}')"
                .formatted(TABLE, column, column))
        == 0;
  }

  private long wrong(String column, ValueKind kind, boolean isOwned, String from) {
    return engine.number(
        "select count(*) from %s where %s".formatted(from, kind.wrong(column, isOwned)));
  }

  /**
   * The rows in their order, typed; a column without a kind has no values, and Parquet's type for
   * that joins any other.
   */
  String select(Map<String, ValueKind> kinds) {
    var list = new ArrayList<String>();
    int i = 0;
    for (var name : columns.keySet()) {
      var kind = kinds.get(name);
      list.add((kind == null ? "null" : kind.value("c" + i)) + " as " + Sql.name(name));
      i++;
    }
    return "select %s from %s order by line".formatted(String.join(", ", list), TABLE);
  }

  List<String> names() {
    return List.copyOf(columns.keySet());
  }
}
