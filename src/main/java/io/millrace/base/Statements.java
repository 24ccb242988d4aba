package io.millrace.base;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Keeps the statements of one connection prepared: SQLite reads most of them anew each time
 * otherwise, which takes longer than many of them run. The one used longest ago goes first. Used by
 * whoever has the connection.
 */
final class Statements extends DefaultStatementBuilder {
  private static final int MOST_KEPT = 256;

  /** Longer ones hold lists and are hardly asked twice. */
  private static final int LONGEST_KEPT = 4_000;

  private final Map<String, PreparedStatement> idle = new LinkedHashMap<>();

  /** Their SQL as SQLite knows it: close is told it as it was before names became numbers. */
  private final IdentityHashMap<Statement, String> used = new IdentityHashMap<>();

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    var kept = idle.remove(sql);
    var statement = kept != null ? kept : super.create(connection, sql, context);
    if (sql.length() <= LONGEST_KEPT) used.put(statement, sql);
    return statement;
  }

  @Override
  public void close(Connection connection, String named, Statement statement) throws SQLException {
    var sql = used.remove(statement);
    if (sql == null
        || !(statement instanceof PreparedStatement prepared)
        || idle.containsKey(sql)
        || !isReset(prepared)) {
      super.close(connection, named, statement);
      return;
    }
    idle.put(sql, prepared);
    if (idle.size() > MOST_KEPT) {
      var eldest = idle.entrySet().iterator().next();
      idle.remove(eldest.getKey());
      eldest.getValue().close();
    }
  }

  /** A statement that is left in the middle of its rows would hold its view of the database. */
  private static boolean isReset(PreparedStatement statement) {
    try {
      var left = statement.getResultSet();
      if (left != null) left.close();
      statement.clearBatch();
      statement.clearParameters();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close(Connection connection) {
    for (var statement : idle.values()) {
      try {
        statement.close();
      } catch (SQLException e) {
        // The connection closes next, which ends all its statements.
      }
    }
    idle.clear();
  }
}
