package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.base.TooLarge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBReadableVector;
import org.jspecify.annotations.Nullable;

/** A table in memory, by column. Rows stand in the order of the relation it was read from. */
public record Frame(List<Column> columns, int rows) {
  private static final int MOST_SHARED = 10_000;

  public Frame {
    columns = List.copyOf(columns);
  }

  /** Reads a chunk of at most 2048 rows. */
  @FunctionalInterface
  interface ChunkReader {
    void read(DuckDBDataChunkReader chunk);
  }

  public List<String> names() {
    return columns.stream().map(Column::name).toList();
  }

  public boolean has(String name) {
    return columns.stream().anyMatch(c -> c.name().equals(name));
  }

  /** The column of this name. */
  public Column column(String name) {
    for (var column : columns) if (column.name().equals(name)) return column;
    throw unknown(name, names());
  }

  public Column.NumberColumn number(String name) {
    return switch (column(name)) {
      case Column.NumberColumn number -> number;
      case Column.TextColumn text ->
          throw new InvalidInput(
              "column \"%s\" holds text (%s), a number is needed".formatted(name, text.type()));
    };
  }

  public Column.TextColumn text(String name) {
    return switch (column(name)) {
      case Column.TextColumn text -> text;
      case Column.NumberColumn number ->
          throw new InvalidInput(
              "column \"%s\" holds numbers (%s), text is needed".formatted(name, number.type()));
    };
  }

  /**
   * Reads Parquet files, in order, in an engine of its own: all columns, or those named, in the
   * order named.
   */
  public static Frame read(List<Path> parquetFiles, List<String> columns) {
    if (parquetFiles.isEmpty()) throw new InvalidInput("no data file to read");
    Path work = null;
    try {
      work = Files.createTempDirectory("millrace-frame-");
      var folders =
          parquetFiles.stream()
              .map(f -> f.toAbsolutePath().normalize())
              .map(Frame::folder)
              .distinct()
              .toList();
      try (var engine = Engine.open(new Engine.Settings(folders, work))) {
        return read(engine, Relation.files(parquetFiles), columns);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (work != null) {
        try {
          Files.deleteIfExists(work);
        } catch (IOException e) {
          work.toFile().deleteOnExit();
        }
      }
    }
  }

  private static Path folder(Path file) {
    var parent = file.getParent();
    return parent == null ? file : parent;
  }

  /**
   * Reads a relation (a table's name or a table expression): all columns, or those named, in the
   * order named.
   */
  public static Frame read(Engine engine, String relation, List<String> columns) {
    var types = new HashMap<String, String>();
    var all = new ArrayList<String>();
    for (var column : engine.columns(relation)) {
      types.put(column.name(), column.type());
      all.add(column.name());
    }
    var wanted = columns.isEmpty() ? all : columns;
    for (var name : wanted) if (!types.containsKey(name)) throw unknown(name, all);
    long rows = engine.number("select count(*) from " + relation);
    if (rows > Integer.MAX_VALUE - 16)
      throw new TooLarge(
          "%,d rows do not fit in memory: sample or aggregate them first".formatted(rows));
    var builders = new ArrayList<Builder>();
    var select = new ArrayList<String>();
    for (var name : wanted) {
      var builder = Builder.of(name, String.valueOf(types.get(name)), (int) rows);
      builders.add(builder);
      select.add(builder.expression());
    }
    int[] at = {0};
    engine.chunks(
        "select %s from %s".formatted(String.join(", ", select), relation),
        chunk -> {
          if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
          int count = (int) chunk.rowCount();
          for (int i = 0; i < builders.size(); i++)
            builders.get(i).add(chunk.vector(i), at[0], count);
          at[0] += count;
        });
    return new Frame(builders.stream().map(Builder::build).toList(), (int) rows);
  }

  private static InvalidInput unknown(String name, List<String> names) {
    return new InvalidInput("no column \"%s\"%s".formatted(name, Names.suggestion(name, names)));
  }

  /** Collects one column. */
  private sealed interface Builder {
    String expression();

    void add(DuckDBReadableVector vector, int at, int count);

    Column build();

    static Builder of(String name, String type, int rows) {
      return switch (Kind.of(type)) {
        case NUMBER, BOOLEAN ->
            new Numbers(
                name, type, "cast(%s as double)".formatted(Sql.name(name)), new double[rows]);
        case TIME ->
            new Numbers(
                name,
                type,
                "cast(epoch(%s) as double)".formatted(Sql.name(name)),
                new double[rows]);
        case TEXT -> new Texts(name, type, new String[rows], new HashMap<>());
        case OTHER ->
            throw new InvalidInput(
                "column \"%s\" has type %s; it cannot be read as numbers or text: unnest or cast it in the query"
                    .formatted(name, type));
      };
    }
  }

  private record Numbers(String name, String type, String expression, double[] values)
      implements Builder {
    @Override
    public void add(DuckDBReadableVector vector, int at, int count) {
      for (int i = 0; i < count; i++) values[at + i] = vector.getDouble(i, Double.NaN);
    }

    @Override
    public Column build() {
      return new Column.NumberColumn(name, type, values);
    }
  }

  private record Texts(
      String name, String type, @Nullable String[] values, HashMap<String, String> shared)
      implements Builder {
    @Override
    public String expression() {
      return "cast(%s as varchar)".formatted(Sql.name(name));
    }

    @Override
    public void add(DuckDBReadableVector vector, int at, int count) {
      for (int i = 0; i < count; i++) {
        if (vector.isNull(i)) continue;
        var text = vector.getString(i);
        var known = shared.get(text);
        if (known == null && shared.size() < MOST_SHARED) shared.put(text, text);
        values[at + i] = known == null ? text : known;
      }
    }

    @Override
    public Column build() {
      return new Column.TextColumn(name, type, values);
    }
  }

  /** What a DuckDB type is to us. */
  enum Kind {
    NUMBER,
    BOOLEAN,
    TIME,
    TEXT,
    OTHER;

    static Kind of(String type) {
      var upper = type.toUpperCase(Locale.ROOT);
      if (upper.endsWith("]")
          || upper.startsWith("STRUCT")
          || upper.startsWith("MAP(")
          || upper.startsWith("UNION(")) return OTHER;
      if (upper.startsWith("DECIMAL")
          || upper.endsWith("INT")
          || upper.endsWith("INTEGER")
          || upper.equals("FLOAT")
          || upper.equals("DOUBLE")) return NUMBER;
      if (upper.equals("BOOLEAN")) return BOOLEAN;
      if (upper.equals("DATE") || upper.startsWith("TIMESTAMP")) return TIME;
      if (upper.equals("VARCHAR")
          || upper.equals("\"NULL\"")
          || upper.startsWith("ENUM")
          || upper.equals("UUID")
          || upper.startsWith("TIME")) return TEXT;
      return OTHER;
    }
  }
}
