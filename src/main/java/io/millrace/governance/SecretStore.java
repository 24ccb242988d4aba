package io.millrace.governance;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Table secret_version. */
final class SecretStore {
  /** A version that is not deleted. */
  record Row(String name, int number, Instant createdAt) {}

  /** The number after the last one that the name ever had. */
  int next(Snapshot s, String name) {
    return s.query("select coalesce(max(number), 0) + 1 from secret_version where name = :name")
        .bind("name", name)
        .mapTo(int.class)
        .one();
  }

  void insert(Transaction tx, String name, int number, String sealed, Instant now) {
    tx.update(
            "insert into secret_version (name, number, sealed, created_at) values (:name, :number, :sealed, :now)")
        .bind("name", name)
        .bind("number", number)
        .bind("sealed", sealed)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /**
   * By name and number.
   *
   * @param name of one secret, or null for all
   */
  List<Row> list(Snapshot s, @Nullable String name) {
    return s.query(
            """
            select name, number, created_at from secret_version
             where sealed is not null and (:name is null or name = :name) order by name, number
            """)
        .bind("name", name)
        .map((rs, _) ->
            new Row(
                rs.getString("name"),
                rs.getInt("number"),
                Instant.ofEpochMilli(rs.getLong("created_at"))))
        .list();
  }

  Optional<String> sealed(Snapshot s, String name, int number) {
    return s.query(
            "select sealed from secret_version where name = :name and number = :number and sealed is not null")
        .bind("name", name)
        .bind("number", number)
        .mapTo(String.class)
        .findOne();
  }

  /**
   * Erases what was sealed; says how many versions that were.
   *
   * @param number of one, or null for all
   */
  int delete(Transaction tx, String name, @Nullable Integer number, Instant now) {
    return tx.update(
            """
            update secret_version set sealed = null, deleted_at = :now
             where name = :name and (:number is null or number = :number) and sealed is not null
            """)
        .bind("now", now.toEpochMilli())
        .bind("name", name)
        .bind("number", number)
        .execute();
  }
}
