package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CancellationException;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;
import org.jspecify.annotations.Nullable;

/**
 * One in-memory DuckDB, locked: it reads only the folders it was given, writes only its own, loads
 * no extension, and no SQL can change that. Its clock is UTC. Used by one thread; {@link #cancel}
 * may come from another.
 *
 * <p>What DuckDB refuses becomes an {@link InvalidInput} with DuckDB's reason and without local
 * paths; a cancelled statement throws {@link CancellationException}.
 */
public final class Engine implements AutoCloseable {
  public static final long DEFAULT_MEMORY_BYTES = 1L << 30;
  public static final int DEFAULT_THREADS = 2;
  private static final String PREFIX = "engine-";
  private static final int ROWS_OF_A_GROUP = 122_880;
  private static final int COLUMNS_OF_A_FULL_GROUP = 64;

  /** DuckDB works on so many rows at once. */
  private static final int VECTOR = 2_048;

  /**
   * @param readable folders with data
   * @param work where the engine makes a folder of its own, deleted at close
   * @param threads 1 where the result must be equal bit by bit from run to run
   */
  public record Settings(List<Path> readable, Path work, long memoryBytes, int threads) {
    public Settings {
      readable = List.copyOf(readable);
    }

    public Settings(List<Path> readable, Path work) {
      this(readable, work, DEFAULT_MEMORY_BYTES, DEFAULT_THREADS);
    }

    public Settings withThreads(int count) {
      return new Settings(readable, work, memoryBytes, count);
    }

    Settings withReadable(List<Path> more) {
      var all = new ArrayList<>(readable);
      all.addAll(more);
      return new Settings(all, work, memoryBytes, threads);
    }
  }

  /** A column of a relation: its name and DuckDB's name of its type. */
  public record ColumnType(String name, String type) {}

  /** Reads one row; columns are counted from 1. */
  @FunctionalInterface
  public interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Does something with a statement; what it throws is translated. */
  @FunctionalInterface
  private interface Work<T> {
    T run(PreparedStatement statement) throws SQLException;
  }

  private final Settings settings;
  private final Path folder;
  private final DuckDBConnection connection;
  private final Runnable closed;
  private volatile @Nullable PreparedStatement running;
  private volatile boolean cancelled;

  private Engine(Settings settings, Path folder, DuckDBConnection connection, Runnable closed) {
    this.settings = settings;
    this.folder = folder;
    this.connection = connection;
    this.closed = closed;
  }

  /** Opens an instance; the folder for its work is made where it is missing. */
  public static Engine open(Settings settings) {
    return open(settings, () -> {});
  }

  /**
   * @param closed runs after the engine is closed
   */
  static Engine open(Settings settings, Runnable closed) {
    Path folder;
    try {
      Files.createDirectories(settings.work());
      folder = Files.createTempDirectory(settings.work(), PREFIX).toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var properties = new Properties();
    properties.setProperty("memory_limit", (settings.memoryBytes() >> 20) + "MiB");
    properties.setProperty("threads", Integer.toString(settings.threads()));
    properties.setProperty("temp_directory", folder.resolve("spill").toString());
    properties.setProperty("autoinstall_known_extensions", "false");
    properties.setProperty("autoload_known_extensions", "false");
    var allowed = new ArrayList<String>();
    allowed.add(Sql.text(folder.toString()));
    for (var path : settings.readable())
      allowed.add(Sql.text(path.toAbsolutePath().normalize().toString()));
    try {
      var connection =
          DriverManager.getConnection("jdbc:duckdb:", properties).unwrap(DuckDBConnection.class);
      var engine = new Engine(settings, folder, connection, closed);
      engine.execute("set TimeZone = 'UTC'");
      // Reads that finish in any order would change the order in which one thread meets the rows.
      if (settings.threads() == 1) engine.execute("set async_threads = 0");
      engine.execute("set allowed_directories = [" + String.join(", ", allowed) + "]");
      engine.execute("set enable_external_access = false");
      engine.execute("set lock_configuration = true");
      return engine;
    } catch (SQLException e) {
      throw new IllegalStateException("DuckDB did not start: " + e.getMessage(), e);
    }
  }

  /** A folder that SQL in this engine may write to; gone when the engine is closed. */
  public Path folder() {
    return folder;
  }

  public Connection connection() {
    return connection;
  }

  /** Runs a statement; values are bound to its parameters in order. */
  public void execute(String sql, Object... values) {
    work(sql, statement -> statement.execute(), values);
  }

  /** All rows of a query; values are bound to its parameters in order. */
  public <T> List<T> query(String sql, RowReader<T> reader, Object... values) {
    return work(
        sql,
        statement -> {
          var rows = new ArrayList<T>();
          try (var result = statement.executeQuery()) {
            while (result.next()) rows.add(reader.read(result));
          }
          return rows;
        },
        values);
  }

  /** A single number, such as a count. */
  public long number(String sql, Object... values) {
    return query(sql, row -> row.getLong(1), values).getFirst();
  }

  /** The columns of a relation (a table's name or a table expression), in order. */
  public List<ColumnType> columns(String relation) {
    return query(
        "describe select * from " + relation,
        row -> new ColumnType(row.getString(1), row.getString(2)));
  }

  /**
   * Writes the rows of a query, in their order, as one Parquet file; equal rows give equal bytes on
   * one thread.
   */
  public Path writeParquet(String select, Path file) {
    execute(
        "copy (%s\n) to %s (format parquet, compression zstd, row_group_size %d)"
            .formatted(
                select, Sql.text(file.toString()), rowGroup(columns("(" + select + "\n)").size())));
    return file;
  }

  /**
   * How many rows are written at once. The writer holds them, and for each column a dictionary as
   * long as a share of them, so that a table of hundreds of columns gets smaller groups.
   */
  private static int rowGroup(int columns) {
    if (columns <= COLUMNS_OF_A_FULL_GROUP) return ROWS_OF_A_GROUP;
    int rows = (int) ((long) ROWS_OF_A_GROUP * COLUMNS_OF_A_FULL_GROUP / columns);
    return Math.max(VECTOR, rows / VECTOR * VECTOR);
  }

  /** Reads the result of a query in chunks of columns. */
  void chunks(String sql, Frame.ChunkReader reader) {
    work(
        sql,
        statement -> {
          try (var result = statement.unwrap(DuckDBPreparedStatement.class).query()) {
            while (result.nextChunk()) reader.read(result.chunk());
          }
          return true;
        });
  }

  /** Refuses a statement that DuckDB would not run, without running it. */
  void prepare(String sql) {
    work(sql, statement -> true);
  }

  private <T> T work(String sql, Work<T> work, Object... values) {
    try (var statement = connection.prepareStatement(sql)) {
      running = statement;
      if (cancelled) throw new CancellationException("cancelled");
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      return work.run(statement);
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      running = null;
    }
  }

  /** Stops what runs, and whatever would run after it. */
  public void cancel() {
    cancelled = true;
    // DuckDB forgets an interrupt that comes before the statement began to run, so it is repeated.
    Thread.ofVirtual().start(this::interrupt);
  }

  private void interrupt() {
    for (var statement = running; statement != null; statement = running) {
      try {
        statement.cancel();
        Thread.sleep(20);
      } catch (SQLException e) {
        return; // The statement ended by itself meanwhile.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  boolean isRunning() {
    return running != null;
  }

  private RuntimeException failure(SQLException e) {
    var message = String.valueOf(e.getMessage());
    if (cancelled) return new CancellationException("cancelled");
    var lower = message.toLowerCase(Locale.ROOT);
    if (lower.startsWith("internal error") || lower.startsWith("fatal error"))
      return new IllegalStateException(message, e);
    if (lower.startsWith("out of memory error")) {
      return new io.millrace.base.TooLarge(
          "the query needs more memory than the %,d MiB an engine has: read fewer columns or rows, or aggregate in steps"
              .formatted(settings.memoryBytes() >> 20));
    }
    return new InvalidInput(tooDeep(clean(message)));
  }

  /** DuckDB advises to raise its limit, which nobody may here. */
  static String tooDeep(String message) {
    return message.contains("max_expression_depth")
        ? "the statement nests expressions more than 1,000 deep; a long chain such as a + b + c counts as one level each: take it apart with WITH, or use list functions"
        : message;
  }

  /** DuckDB's words without the folders of this machine. */
  String clean(String message) {
    var text = message;
    var folders = new ArrayList<>(settings.readable());
    folders.add(folder);
    for (var path : folders) {
      var prefix = java.util.regex.Pattern.quote(path.toAbsolutePath().normalize() + "/");
      text = text.replaceAll(prefix + "(?:[^\\s\"']*/)?([^\\s\"'/]*)", "$1");
    }
    return text.strip();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      try {
        delete(folder);
      } finally {
        closed.run();
      }
    }
  }

  /**
   * Deletes what engines of a killed program left in the work folder. To be called when none is
   * open there.
   */
  static void clear(Path work) {
    if (!Files.isDirectory(work)) return;
    try (var folders = Files.newDirectoryStream(work, PREFIX + "*")) {
      folders.forEach(Engine::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
