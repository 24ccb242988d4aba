package io.millrace.pipelines;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Table run_event. Numbers are given by the single writer, so a reader who has seen N misses
 * nothing up to N.
 */
final class EventStore {
  void insert(
      Transaction tx,
      String run,
      @Nullable String step,
      String type,
      String message,
      @Nullable Double share,
      Instant now) {
    tx.update(
            """
            insert into run_event (run, seq, at, step, type, message, share)
            values (:run, (select coalesce(max(seq), 0) + 1 from run_event where run = :run), :now, :step, :type, :message, :share)
            """)
        .bind("run", run)
        .bind("now", now.toEpochMilli())
        .bind("step", step)
        .bind("type", type)
        .bind("message", message)
        .bind("share", share)
        .execute();
  }

  List<RunEvent> list(Snapshot s, String run, long after, int most) {
    return s.query(
            "select seq, at, step, type, message, share from run_event where run = :run and seq > :after order by seq limit :most")
        .bind("run", run)
        .bind("after", after)
        .bind("most", most)
        .map((rs, _) -> {
          double share = rs.getDouble("share");
          Double known = rs.wasNull() ? null : share;
          return new RunEvent(
              rs.getLong("seq"),
              Instant.ofEpochMilli(rs.getLong("at")),
              rs.getString("step"),
              rs.getString("type"),
              rs.getString("message"),
              known);
        })
        .list();
  }
}
