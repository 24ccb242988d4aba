package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds text columns that hold numbers but for a few values, and where the first of those stands,
 * so that it can be said why a column of numbers was read as text.
 */
final class OddValues {
  private static final double FEW = 0.2;
  private static final int LONGEST_SHOWN = 40;

  private final Engine engine;
  private final String relation;
  private final List<String> columns;
  private final Source source;

  /** The file that the table was read from. */
  record Source(SourceFile file, SourceOptions options) {}

  OddValues(Engine engine, String relation, Source source) {
    this.engine = engine;
    this.relation = relation;
    this.columns = engine.columns(relation).stream().map(Engine.ColumnType::name).toList();
    this.source = source;
  }

  private record Found(long odd, long present, String first, long row) {}

  /** In words, why this text column is one; empty where it does not look like numbers. */
  Optional<String> why(String column) {
    var name = Sql.name(column);
    var number = "regexp_full_match(trim(%s), %s)".formatted(name, Sql.text(ValueKind.NUMBERS));
    var present = ValueKind.NUMBER.present(name);
    var found =
        engine
            .query(
                """
                select count(*) filter (where not %1$s), count(*), coalesce(min_by(value, place) filter (where not %1$s), ''), min(place) filter (where not %1$s)
                from (select %2$s as is_number, %3$s as value, row_number() over () as place, %4$s as is_present from %5$s)
                where is_present
                """
                    .formatted("is_number", number, name, present, relation),
                row -> new Found(row.getLong(1), row.getLong(2), row.getString(3), row.getLong(4)))
            .getFirst();
    if (found.odd() == 0 || found.odd() > FEW * found.present()) return Optional.empty();
    return Optional.of(
        "column \"%s\" is text because of %s \"%s\" (%s)"
            .formatted(
                column,
                found.odd() == 1 ? "one value," : "%,d values such as".formatted(found.odd()),
                found.first().length() <= LONGEST_SHOWN
                    ? found.first()
                    : found.first().substring(0, LONGEST_SHOWN) + "...",
                place(column, found)));
  }

  private String place(String column, Found found) {
    try {
      var line = line(columns.indexOf(column), column, found.first());
      var first = found.odd() == 1 ? "" : "first ";
      return line == null ? first + "in row " + found.row() : first + "at line " + line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable Long line(int index, String column, String text) throws IOException {
    if (source.options().format() == SourceOptions.Format.PARQUET) return null;
    if (source.options().format() == SourceOptions.Format.JSONL) {
      try (var rows = new JsonRows(source.file())) {
        for (var row = rows.next(); row != null; row = rows.next())
          if (row.path(column).asText().equals(text)) return rows.line();
      }
      return null;
    }
    var csv = source.options().csv();
    var delimiter = csv.delimiter();
    try (var rows = new CsvRows(source.file(), delimiter == null ? ',' : delimiter, csv.quote())) {
      if (csv.header()) rows.next();
      for (var row = rows.next(); row != null; row = rows.next())
        if (index < row.size() && text.equals(row.get(index))) return rows.line();
    }
    return null;
  }

  /**
   * Whether the column's texts are all whole numbers, some of them of more digits than are kept.
   */
  boolean areLongNumbers(String column) {
    var name = Sql.name(column);
    return engine.number(
                "select count(*) from %s where %s and not regexp_full_match(trim(%s), '[+-]?[0-9]+')"
                    .formatted(relation, ValueKind.NUMBER.present(name), name))
            == 0
        && engine.number(
                "select count(*) from %s where regexp_full_match(trim(%s), '[+-]?[1-9][0-9]{18,}')"
                    .formatted(relation, name))
            > 0;
  }

  /** Refuses a label that would be a quantity but for a few values. */
  void checkLabel(String column) {
    why(column)
        .ifPresent(why -> {
          throw new InvalidInput(
              "%s; a number cannot be learnt from texts: correct these values, or leave the fields empty, which makes them missing"
                  .formatted(why));
        });
  }
}
