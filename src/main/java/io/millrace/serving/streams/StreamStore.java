package io.millrace.serving.streams;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.serving.EndpointName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Which streams there are, and which of them run. */
final class StreamStore {
  /**
   * A stream as it is kept.
   *
   * @param member under which the group knows this server again
   */
  record Row(StreamDefinition definition, String member, boolean running) {}

  private static final String COLUMNS =
      "name, endpoint, from_topic, to_topic, dead_letters, bootstrap, member, running";

  List<Row> list(Snapshot s) {
    return s.query("select %s from stream order by name".formatted(COLUMNS))
        .map((row, _) -> row(row))
        .list();
  }

  Optional<Row> find(Snapshot s, StreamName name) {
    return s.query("select %s from stream where name = :name".formatted(COLUMNS))
        .bind("name", name.value())
        .map((row, _) -> row(row))
        .findOne();
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        new StreamDefinition(
            new StreamName(row.getString(1)),
            new EndpointName(row.getString(2)),
            row.getString(3),
            row.getString(4),
            row.getString(5),
            row.getString(6)),
        row.getString(7),
        row.getBoolean(8));
  }

  /** Inserts, or replaces what has its name. */
  void put(Transaction tx, Row row, Instant at) {
    var stream = row.definition();
    tx.update(
            """
            insert into stream
              (name, endpoint, from_topic, to_topic, dead_letters, bootstrap, member, running, changed_at)
            values (:name, :endpoint, :from, :to, :dead, :bootstrap, :member, :running, :at)
            on conflict (name) do update set endpoint = excluded.endpoint,
              from_topic = excluded.from_topic, to_topic = excluded.to_topic,
              dead_letters = excluded.dead_letters, bootstrap = excluded.bootstrap,
              running = excluded.running, changed_at = excluded.changed_at
            """)
        .bind("name", stream.name().value())
        .bind("endpoint", stream.endpoint().value())
        .bind("from", stream.from())
        .bind("to", stream.to())
        .bind("dead", stream.deadLetters())
        .bind("bootstrap", stream.bootstrap())
        .bind("member", row.member())
        .bind("running", row.running() ? 1 : 0)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void delete(Transaction tx, StreamName name) {
    tx.update("delete from stream where name = :name").bind("name", name.value()).execute();
  }
}
