package io.millrace.migration;

import io.millrace.base.InvalidInput;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Copies an MLflow server's PostgreSQL database, as it is at one moment, into a SQLite file that
 * {@link MlflowDatabase} reads. It runs where the user is, never in the server: neither an address
 * nor a password leaves that machine. Used by one thread.
 */
public final class PostgresCopy {
  private static final int ROWS_AT_ONCE = 5_000;
  private static final int SECONDS_TO_CONNECT = 20;

  /** What a URI may ask for beside the database. */
  private static final Set<String> OPTIONS =
      Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "currentSchema");

  /** The columns by which an import looks rows up. */
  private static final Set<String> LOOKED_UP =
      Set.of(
          "experiment_id",
          "run_uuid",
          "model_id",
          "name",
          "input_uuid",
          "source_id",
          "destination_id",
          "dataset_uuid");

  private final Connection from;
  private final Connection to;
  private final Consumer<String> progress;

  private PostgresCopy(Connection from, Connection to, Consumer<String> progress) {
    this.from = from;
    this.to = to;
    this.progress = progress;
  }

  /** Whether a text is the URI of a PostgreSQL database, as MLflow and libpq write it. */
  public static boolean isUri(String text) {
    return text.matches("(?s)postgres(ql)?(\\+\\w+)?://.*");
  }

  /**
   * Copies the tables that an import reads.
   *
   * @param uri postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=..., with a driver's name
   *     after a + or without one
   * @param password the password where the URI has none; null for none, so that ~/.pgpass is asked
   * @param file where to write; nothing may be there
   * @param progress told of each table
   * @throws InvalidInput where the URI is not one, the database cannot be reached or read, or is
   *     not MLflow's; no text of it repeats the password
   */
  public static void copy(
      String uri, @Nullable String password, Path file, Consumer<String> progress) {
    var address = address(uri);
    try (var from = connect(address, password);
        var to = new SQLiteConfig().createConnection("jdbc:sqlite:" + file)) {
      from.setReadOnly(true);
      from.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      from.setAutoCommit(false);
      to.setAutoCommit(false);
      new PostgresCopy(from, to, progress).run();
    } catch (SQLException e) {
      throw new InvalidInput(
          "the PostgreSQL database %s cannot be read: %s"
              .formatted(shown(address), String.valueOf(e.getMessage()).strip()));
    }
  }

  private static URI address(String uri) {
    try {
      var address = URI.create(uri.replaceFirst("^postgres(ql)?(\\+\\w+)?:", "postgresql:"));
      if (address.getHost() == null || address.getPath().length() < 2)
        throw new IllegalArgumentException();
      return address;
    } catch (IllegalArgumentException e) {
      // The URI may hold a password, and what URI says of a wrong one repeats it.
      throw new InvalidInput(
          "got a URI that cannot be read, expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with characters such as @, / and # of the password percent-encoded");
    }
  }

  private static String shown(URI address) {
    return address.getHost()
        + (address.getPort() < 0 ? "" : ":" + address.getPort())
        + address.getPath();
  }

  private static Connection connect(URI address, @Nullable String password) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://" + shown(address), properties(address, password));
  }

  private static Properties properties(URI address, @Nullable String password) {
    var properties = new Properties();
    if (password != null) properties.setProperty("password", password);
    @Nullable String user = address.getRawUserInfo();
    if (user != null) {
      var parts = user.split(":", 2);
      properties.setProperty("user", decoded(parts[0]));
      if (parts.length > 1) properties.setProperty("password", decoded(parts[1]));
    }
    @Nullable String query = address.getRawQuery();
    for (var option : query == null ? new String[0] : query.split("&", -1)) {
      var parts = option.split("=", 2);
      if (parts.length < 2 || !OPTIONS.contains(parts[0]))
        throw new InvalidInput("option of the URI", parts[0], "one of " + sorted(OPTIONS));
      properties.setProperty(parts[0], decoded(parts[1]));
    }
    properties.setProperty("ApplicationName", "millrace import");
    properties.setProperty("connectTimeout", String.valueOf(SECONDS_TO_CONNECT));
    return properties;
  }

  private static String sorted(Set<String> words) {
    return words.stream().sorted().collect(Collectors.joining(", "));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private void run() throws SQLException {
    for (var table : MlflowDatabase.TABLES) if (exists(table)) table(table);
    to.commit();
  }

  private boolean exists(String table) throws SQLException {
    try (var statement = from.prepareStatement("select to_regclass(?) is not null")) {
      statement.setString(1, table);
      try (var found = statement.executeQuery()) {
        return found.next() && found.getBoolean(1);
      }
    }
  }

  private void table(String table) throws SQLException {
    try (var statement = from.createStatement()) {
      statement.setFetchSize(ROWS_AT_ONCE);
      try (var rows = statement.executeQuery("select * from \"%s\"".formatted(table))) {
        var columns = rows.getMetaData();
        var names = new ArrayList<String>();
        for (int i = 1; i <= columns.getColumnCount(); i++) names.add(columns.getColumnName(i));
        var quoted = names.stream().map(n -> "\"%s\"".formatted(n.replace("\"", "\"\""))).toList();
        change("create table %s (%s)".formatted(table, String.join(", ", quoted)));
        var insert =
            "insert into %s values (%s)"
                .formatted(table, names.stream().map(_ -> "?").collect(Collectors.joining(", ")));
        long copied;
        try (var target = to.prepareStatement(insert)) {
          copied = rows(rows, names.size(), target);
        }
        for (var column : names)
          if (LOOKED_UP.contains(column))
            change("create index %s_%s on %s (%s)".formatted(table, column, table, column));
        if (copied > 0)
          progress.accept(String.format(Locale.ROOT, "copied %,d rows of %s", copied, table));
      }
    }
  }

  private static long rows(ResultSet rows, int columns, PreparedStatement target)
      throws SQLException {
    long copied = 0;
    while (rows.next()) {
      for (int i = 1; i <= columns; i++) target.setObject(i, value(rows.getObject(i)));
      target.addBatch();
      if (++copied % ROWS_AT_ONCE == 0) target.executeBatch();
    }
    target.executeBatch();
    return copied;
  }

  /** SQLite has numbers and texts. */
  private static @Nullable Object value(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Boolean bool -> bool ? 1 : 0;
      case Number number -> number;
      default -> value.toString();
    };
  }

  private void change(String sql) throws SQLException {
    try (var statement = to.createStatement()) {
      statement.executeUpdate(sql);
    }
  }
}
