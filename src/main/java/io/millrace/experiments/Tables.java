package io.millrace.experiments;

import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes a file of rows that come one by one; the room that reads tables answers. */
public interface Tables {
  enum Type {
    TEXT,
    NUMBER,
    WHOLE,
    TIME
  }

  record Column(String name, Type type) {}

  /** A file to be read once; it is gone when its content is closed. */
  record File(InputStream content, long bytes) {}

  /** Takes a row: a value a column, null for none. */
  @FunctionalInterface
  interface Rows {
    void add(@Nullable Object[] values);
  }

  /**
   * Writes a Parquet file.
   *
   * @param source hands over each row; a value is, by its column, a String, Double, Long or Instant
   */
  File parquet(List<Column> columns, Consumer<Rows> source);
}
