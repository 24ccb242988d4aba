package io.millrace.data;

import io.millrace.base.Digest;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows that come one by one as Parquet. They wait in an engine, which keeps on disk what its
 * memory does not hold; one table is written at a time. Thread-safe.
 */
public final class TableFiles {
  /** Takes a row: a value a column, null for none. */
  @FunctionalInterface
  public interface Rows {
    void add(@Nullable Object[] values);
  }

  private static final int SECONDS_TO_WAIT = 30;

  private final Datasets datasets;
  private final Semaphore free = new Semaphore(1, true);

  public TableFiles(Datasets datasets) {
    this.datasets = datasets;
  }

  /** A file to be read once; it is gone when its content is closed. */
  public record TableFile(InputStream content, long bytes) {}

  /**
   * Writes the rows in the order in which they come. Of columns whose names differ only in case the
   * later ones get a number: x, X_1.
   *
   * @param columns of DuckDB's types VARCHAR, DOUBLE, BIGINT, TIMESTAMP WITH TIME ZONE
   * @param source hands over each row: a String, Double, Long, Instant or null a column
   */
  public TableFile parquet(List<Engine.ColumnType> columns, Consumer<Rows> source) {
    acquire();
    try (var engine = datasets.engine(1)) {
      var types = new ArrayList<String>();
      var names = new ArrayList<String>();
      for (var column : columns) {
        types.add("c%d %s".formatted(types.size(), column.type()));
        names.add("c%d as %s".formatted(names.size(), Sql.name(column.name())));
      }
      engine.execute("create table rows (%s)".formatted(String.join(", ", types)));
      append(engine, "rows", source);
      return written(engine, "select %s from rows".formatted(String.join(", ", names)));
    } finally {
      free.release();
    }
  }

  /** All files of a dataset's directory as one. */
  public TableFile parquet(Digest data) {
    acquire();
    try (var engine = datasets.engine(1)) {
      return written(engine, "select * from " + datasets.relation(data));
    } finally {
      free.release();
    }
  }

  private static TableFile written(Engine engine, String select) {
    var file = engine.writeParquet(select, engine.folder().resolve("table.parquet"));
    try {
      long bytes = Files.size(file);
      // The name goes at once, so that nothing is left behind however the reading ends.
      return new TableFile(Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void acquire() {
    try {
      if (!free.tryAcquire(SECONDS_TO_WAIT, TimeUnit.SECONDS))
        throw new Unavailable("another table is being written; try again when it has ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the table was begun");
    }
  }

  /** Adds rows to a table of an engine; a value a column, as {@link #parquet} takes them. */
  public static void append(Engine engine, String table, Consumer<Rows> source) {
    try (var appender = engine.connection().unwrap(DuckDBConnection.class).createAppender(table)) {
      source.accept(row -> append(appender, row));
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private static void append(DuckDBAppender appender, @Nullable Object[] row) {
    try {
      appender.beginRow();
      for (var value : row) {
        switch (value) {
          case null -> appender.appendNull();
          case String text -> appender.append(text);
          case Double number -> appender.append(number.doubleValue());
          case Long whole -> appender.append(whole.longValue());
          case Instant time -> appender.append(time.atOffset(ZoneOffset.UTC));
          default -> throw new IllegalArgumentException("no column holds " + value.getClass());
        }
      }
      appender.endRow();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private static RuntimeException failure(SQLException e) {
    var message = String.valueOf(e.getMessage());
    if (message.toLowerCase(Locale.ROOT).contains("out of memory"))
      return new TooLarge(
          "the table is larger than the %,d MiB of an engine and the disk beside it: take fewer rows or columns"
              .formatted(Engine.DEFAULT_MEMORY_BYTES >> 20));
    return new IllegalStateException(message, e);
  }
}
