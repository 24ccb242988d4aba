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
  private static final int BATCH = 100_000;
  private static final int CASTS_AT_ONCE = 64;

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
    var open = new ArrayList<KindSearch.Candidate>();
    var declared = new LinkedHashMap<String, ValueKind>();
    int at = 0;
    for (var column : columns.entrySet()) {
      var sql = "c" + at++;
      var type = owned.get(column.getKey());
      if (type == null) open.add(new KindSearch.Candidate(sql, column.getValue()));
      else declared.put(sql, ValueKind.named(column.getKey(), type));
    }
    var search = new KindSearch(engine, TABLE);
    var found = search.find(open);
    var wrong = search.wrong(declared);
    var result = new LinkedHashMap<String, ValueKind>();
    int i = 0;
    for (var column : columns.entrySet()) {
      var sql = "c" + i++;
      var kind = declared.get(sql);
      if (kind == null) kind = found.get(sql);
      else if (kind == ValueKind.TIMESTAMP || wrong.getOrDefault(sql, 0L) > 0)
        kind = owned(column.getKey(), sql, kind, column.getValue());
      if (kind != null) result.put(column.getKey(), kind);
    }
    return result;
  }

  private String nearest(String name) {
    var suggestion = Names.suggestion(name, columns.keySet());
    return suggestion.startsWith("; did") ? " (" + suggestion.substring(2) + ")" : "";
  }

  private ValueKind owned(String name, String column, ValueKind declared, Set<ValueKind> notation) {
    var kind = declared;
    if (kind == ValueKind.TIMESTAMP && wrong(column, ValueKind.LOCAL_TIME) == 0)
      kind = ValueKind.LOCAL_TIME;
    if (kind == ValueKind.NUMBER
        && notation.contains(ValueKind.COMMA_NUMBER)
        && wrong(column, kind) > 0
        && wrong(column, ValueKind.COMMA_NUMBER) == 0) {
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

  private long wrong(String column, ValueKind kind) {
    return engine.number(
        "select count(*) from %s where %s".formatted(TABLE, kind.wrong(column, true)));
  }

  /**
   * The rows in their order, typed; a column without a kind has no values, and Parquet's type for
   * that joins any other. The casts of some hundred columns take more memory at once than an engine
   * has: those of a wide table are made some columns after the other, and laid side by side.
   */
  String select(Map<String, ValueKind> kinds) {
    var all = new ArrayList<String>();
    var typed = new ArrayList<String>();
    int i = 0;
    for (var name : columns.keySet()) {
      var kind = kinds.get(name);
      var value = kind == null ? "null" : kind.value("c" + i);
      all.add(value + " as " + Sql.name(name));
      if (kind != null) typed.add(all.getLast());
      i++;
    }
    if (typed.size() <= CASTS_AT_ONCE) return select(all);
    var parts = new ArrayList<String>();
    for (int from = 0; from < typed.size(); from += CASTS_AT_ONCE) {
      var part = "typed_" + parts.size();
      var some = typed.subList(from, Math.min(typed.size(), from + CASTS_AT_ONCE));
      engine.execute("create or replace table %s as %s".formatted(part, select(some)));
      parts.add(part);
    }
    var names =
        columns.keySet().stream()
            .map(name -> (kinds.containsKey(name) ? "" : "null as ") + Sql.name(name))
            .toList();
    return "select %s from %s"
        .formatted(String.join(", ", names), String.join(" positional join ", parts));
  }

  private static String select(List<String> columns) {
    return "select %s from %s order by line".formatted(String.join(", ", columns), TABLE);
  }

  List<String> names() {
    return List.copyOf(columns.keySet());
  }
}
