package io.millrace.migration;

import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * A SQLite file that an MLflow server of any version since 1.0 wrote, or {@link PostgresCopy} from
 * one's database, opened for reading only. A stranger may have made it: only true tables are read,
 * and functions in its schema are not trusted. Tables and columns that older versions lack are as
 * if empty. Used by one thread.
 */
final class MlflowDatabase implements AutoCloseable {
  /** What an import reads. */
  static final List<String> TABLES =
      List.of(
          "experiments",
          "experiment_tags",
          "runs",
          "params",
          "tags",
          "metrics",
          "datasets",
          "inputs",
          "input_tags",
          "logged_models",
          "logged_model_metrics",
          "logged_model_params",
          "logged_model_tags",
          "registered_models",
          "registered_model_tags",
          "registered_model_aliases",
          "model_versions",
          "model_version_tags");

  /** A row by the names of its columns. */
  record Row(Map<String, @Nullable Object> values) {
    String text(String column) {
      @Nullable Object value = values.get(column);
      return value == null ? "" : value.toString();
    }

    @Nullable String optional(String column) {
      @Nullable Object value = values.get(column);
      return value == null ? null : value.toString();
    }

    boolean has(String column) {
      return values.get(column) != null;
    }

    long whole(String column) {
      return values.get(column) instanceof Number number ? number.longValue() : 0;
    }

    double number(String column) {
      return values.get(column) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /** A metric's value, kept as 0 beside a mark where it is not a number. */
    boolean flag(String column) {
      return switch (values.get(column)) {
        case Number number -> number.longValue() != 0;
        case Boolean bool -> bool;
        case null, default -> false;
      };
    }
  }

  private final Connection connection;
  private final Set<String> tables = new HashSet<>();

  private MlflowDatabase(Connection connection) {
    this.connection = connection;
  }

  static MlflowDatabase open(Path file) {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setOpenMode(SQLiteOpenMode.OPEN_URI);
    config.enableLoadExtension(false);
    try {
      var url = "jdbc:sqlite:file:%s?mode=ro&immutable=1".formatted(file.toUri().getRawPath());
      var database = new MlflowDatabase(config.createConnection(url));
      database.check();
      return database;
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  private void check() throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("pragma trusted_schema = 0");
      statement.execute("pragma cell_size_check = 1");
    }
    try {
      for (var row : rows("select name from sqlite_master where type = 'table'"))
        tables.add(row.text("name"));
      if (!tables.containsAll(Set.of("experiments", "runs", "params", "tags", "metrics")))
        throw new InvalidInput(
            "the database has no tables experiments, runs, params, tags and metrics: it is not one of MLflow's tracking server");
      for (var table : List.of("experiments", "registered_models")) {
        long workspaces =
            all(table, "1").stream().map(row -> row.text("workspace")).distinct().count();
        if (workspaces > 1)
          throw new InvalidInput(
              "the database has %d workspaces in %s, expected one: there are none here to put them in"
                  .formatted(workspaces, table));
      }
    } catch (InvalidInput e) {
      close();
      throw e;
    }
  }

  private static InvalidInput unreadable(SQLException e) {
    return new InvalidInput(
        "the file cannot be read as a SQLite database: %s".formatted(e.getMessage()));
  }

  /** All rows of a table; none where there is no such table. */
  List<Row> all(String table, String order) {
    return tables.contains(table)
        ? rows("select * from %s order by %s".formatted(table, order))
        : List.of();
  }

  /** The rows of a table that hold those values. */
  List<Row> of(String table, String columns, Object... values) {
    if (!tables.contains(table)) return List.of();
    return rows(
        "select * from %s where %s".formatted(table, columns.replace(",", " and ")), values);
  }

  Map<String, String> pairs(String table, String key, String value, String columns, Object... of) {
    var pairs = new TreeMap<String, String>();
    for (var row : of(table, columns, of)) pairs.put(row.text(key), row.text(value));
    return pairs;
  }

  /** The datasets that a run read, each with the tags of that reading. */
  List<Row> datasets(String run) {
    if (!tables.containsAll(Set.of("inputs", "datasets"))) return List.of();
    return rows(
        """
        select d.*, i.input_uuid from inputs i join datasets d on d.dataset_uuid = i.source_id
         where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ?
        """,
        run);
  }

  /** Gives each value of a run's metrics, one at a time, since there may be very many. */
  void metrics(String run, Consumer<Row> reader) {
    each("select * from metrics where run_uuid = ? order by key, step, timestamp", reader, run);
  }

  private List<Row> rows(String sql, Object... values) {
    var rows = new ArrayList<Row>();
    each(sql, rows::add, values);
    return rows;
  }

  private void each(String sql, Consumer<Row> reader, Object... values) {
    try (var statement = prepared(sql, values);
        var result = statement.executeQuery()) {
      var columns = result.getMetaData();
      while (result.next()) {
        var row = new HashMap<String, @Nullable Object>();
        for (int i = 1; i <= columns.getColumnCount(); i++)
          row.put(columns.getColumnLabel(i), value(result, i));
        reader.accept(new Row(row));
      }
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  private PreparedStatement prepared(String sql, Object... values) throws SQLException {
    var statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
    return statement;
  }

  private static @Nullable Object value(ResultSet row, int column) throws SQLException {
    return row.getObject(column);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
