package io.millrace.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;

/**
 * The rows of a dataset, a slice at a time, in the order of its files: each becomes a table of the
 * engine in place of the one before, so that the memory needed does not grow with the dataset. Used
 * by one thread, as its engine.
 */
public final class Slices {
  /** The table that a slice stands in. */
  public static final String TABLE = "slice";

  private static final String ROW = "file_row_number";

  private final Engine engine;
  private final SortedMap<String, Path> files;
  private final List<Engine.ColumnType> columns;
  private final List<Long> counts = new ArrayList<>();

  Slices(Engine engine, SortedMap<String, Path> files) {
    this.engine = engine;
    this.files = files;
    this.columns = engine.columns(Relation.of(files));
    for (var file : files.values())
      counts.add(engine.number("select count(*) from " + Relation.files(List.of(file))));
  }

  public List<Engine.ColumnType> columns() {
    return columns;
  }

  /** How many rows there are in all. */
  public long rows() {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /** Is told of each slice while it stands. */
  @FunctionalInterface
  public interface Reader {
    void read(int rows);
  }

  /** Reads all rows, at most so many at once; of a dataset without rows one slice without rows. */
  public void read(int most, Reader reader) {
    int file = 0;
    boolean isFirst = true;
    for (var path : files.keySet()) {
      var select = select(path);
      long count = counts.get(file++);
      for (long from = 0; from < count; from += most) {
        long until = Math.min(count, from + most);
        // Row groups outside of these numbers are not read.
        put("%s where %s >= %d and %s < %d".formatted(select, ROW, from, ROW, until));
        reader.read((int) (until - from));
        isFirst = false;
      }
    }
    if (!isFirst) return;
    put(select(files.firstKey()) + " limit 0");
    reader.read(0);
  }

  private void put(String select) {
    engine.execute("create or replace table %s as %s".formatted(TABLE, select));
  }

  /** A file's rows with all columns of the dataset, in its types. */
  private String select(String path) {
    var file = Objects.requireNonNull(files.get(path));
    var partition = Relation.partition(path);
    var own = new HashSet<String>();
    for (var column : engine.columns(Relation.files(List.of(file))))
      own.add(column.name().toLowerCase(Locale.ROOT));
    var select = new ArrayList<String>();
    for (var column : columns) {
      var given = partition.get(column.name());
      var value = given == null ? Sql.name(column.name()) : Relation.literal(given);
      if (given == null && !own.contains(column.name().toLowerCase(Locale.ROOT))) value = "null";
      select.add("cast(%s as %s) as %s".formatted(value, column.type(), Sql.name(column.name())));
    }
    return "select %s from read_parquet(%s, file_row_number = true, hive_partitioning = false)"
        .formatted(
            String.join(", ", select), Sql.text(file.toAbsolutePath().normalize().toString()));
  }
}
