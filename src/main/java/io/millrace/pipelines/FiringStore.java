package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Table trigger_firing. */
final class FiringStore {
  /**
   * A firing that is to be written.
   *
   * @param event tells one event from another, where it can be told twice
   */
  record New(
      Firing firing, String name, @Nullable String event, int parallel, @Nullable String cause) {}

  /** Writes a firing, unless its trigger fired for that event; says whether it did. */
  boolean insert(Transaction tx, New wanted) {
    var firing = wanted.firing();
    return tx.update(
                """
                insert into trigger_firing (id, pipeline, trigger, kind, name, event, evidence, params, state, due_at, error, batch, parallel, cause, depth, fired_at)
                values (:id, :pipeline, :trigger, :kind, :name, :event, :evidence, :params, :state, :due, :error, :batch, :parallel, :cause, :depth, :now)
                on conflict (pipeline, trigger, event) do nothing
                """)
            .bind("id", firing.id())
            .bind("pipeline", firing.pipeline())
            .bind("trigger", firing.trigger())
            .bind("kind", firing.kind())
            .bind("name", wanted.name())
            .bind("event", wanted.event())
            .bind("evidence", firing.evidence().toString())
            .bind("params", firing.params().toString())
            .bind("state", firing.state().name())
            .bind("due", firing.dueAt().toEpochMilli())
            .bind("error", firing.error())
            .bind("batch", firing.batch())
            .bind("parallel", wanted.parallel())
            .bind("cause", wanted.cause())
            .bind("depth", firing.depth())
            .bind("now", firing.firedAt().toEpochMilli())
            .execute()
        == 1;
  }

  /** The firing of a trigger that waits still. */
  Optional<Firing> findWaiting(Snapshot s, String pipeline, String trigger) {
    return s.query(
            """
            select * from trigger_firing
             where pipeline = :pipeline and trigger = :trigger and state in ('GATHERING', 'DUE') order by seq limit 1
            """)
        .bind("pipeline", pipeline)
        .bind("trigger", trigger)
        .map(FiringStore::firing)
        .findOne();
  }

  /** Gives a waiting firing more evidence. */
  void replace(Transaction tx, String id, JsonNode evidence, Firing.State state, Instant due) {
    tx.update(
            """
            update trigger_firing set evidence = :evidence, state = :state, due_at = :due
             where id = :id and state in ('GATHERING', 'DUE')
            """)
        .bind("id", id)
        .bind("evidence", evidence.toString())
        .bind("state", state.name())
        .bind("due", due.toEpochMilli())
        .execute();
  }

  /** The first that is due, of whose batch not too many go on. */
  Optional<Firing> findDue(Snapshot s, Instant now) {
    return s.query(
            """
            select f.* from trigger_firing f
             where f.state = 'DUE' and f.due_at <= :now
               and (f.batch is null or f.batch not in
                 (select o.batch from pipeline_run r join trigger_firing o on o.run = r.id
                   where r.ended_at is null and o.batch is not null group by o.batch having count(*) >= min(o.parallel)))
             order by f.due_at, f.seq limit 1
            """)
        .bind("now", now.toEpochMilli())
        .map(FiringStore::firing)
        .findOne();
  }

  /** Notes the run of a due firing; says whether it still was due. */
  boolean start(Transaction tx, String id, String run, JsonNode params) {
    return tx.update(
                "update trigger_firing set state = 'STARTED', run = :run, params = :params where id = :id and state = 'DUE'")
            .bind("id", id)
            .bind("run", run)
            .bind("params", params.toString())
            .execute()
        == 1;
  }

  void refuse(Transaction tx, String id, String error) {
    tx.update(
            "update trigger_firing set state = 'REFUSED', error = :error where id = :id and state = 'DUE'")
        .bind("id", id)
        .bind("error", error)
        .execute();
  }

  void postpone(Transaction tx, String id, Instant due) {
    tx.update("update trigger_firing set due_at = :due where id = :id and state = 'DUE'")
        .bind("id", id)
        .bind("due", due.toEpochMilli())
        .execute();
  }

  /** How many wait to begin, without those of backfills. */
  long countWaiting(Snapshot s, String pipeline) {
    return s.query(
            "select count(*) from trigger_firing where pipeline = :pipeline and state in ('GATHERING', 'DUE') and batch is null")
        .bind("pipeline", pipeline)
        .mapTo(Long.class)
        .one();
  }

  /** How many dates of backfills wait to begin. */
  long countBackfills(Snapshot s, String pipeline) {
    return s.query(
            "select count(*) from trigger_firing where pipeline = :pipeline and state in ('GATHERING', 'DUE') and batch is not null")
        .bind("pipeline", pipeline)
        .mapTo(Long.class)
        .one();
  }

  long countWaiting(Snapshot s, String pipeline, String trigger) {
    return s.query(
            "select count(*) from trigger_firing where pipeline = :pipeline and trigger = :trigger and state in ('GATHERING', 'DUE')")
        .bind("pipeline", pipeline)
        .bind("trigger", trigger)
        .mapTo(Long.class)
        .one();
  }

  /** The depth of the firing that began a run; 0 where none did. */
  int depth(Snapshot s, String run) {
    return s.query("select coalesce(max(depth), 0) from trigger_firing where run = :run")
        .bind("run", run)
        .mapTo(Integer.class)
        .one();
  }

  /** The number of the last that was written. */
  long last(Snapshot s) {
    return s.query("select coalesce(max(seq), 0) from trigger_firing").mapTo(Long.class).one();
  }

  /** Notes which run caused the firings after that number. */
  void replaceCause(Transaction tx, long after, String run, int depth) {
    tx.update("update trigger_firing set cause = :run, depth = :depth where seq > :after")
        .bind("run", run)
        .bind("depth", depth)
        .bind("after", after)
        .execute();
  }

  Optional<Firing> findByRun(Snapshot s, String run) {
    return s.query("select * from trigger_firing where run = :run")
        .bind("run", run)
        .map(FiringStore::firing)
        .findOne();
  }

  /** The newest first. */
  List<Firing> list(Snapshot s, int most) {
    return s.query("select * from trigger_firing order by seq desc limit :most")
        .bind("most", most)
        .map(FiringStore::firing)
        .list();
  }

  List<Firing> list(Snapshot s, String pipeline, int most) {
    return s.query(
            "select * from trigger_firing where pipeline = :pipeline order by seq desc limit :most")
        .bind("pipeline", pipeline)
        .bind("most", most)
        .map(FiringStore::firing)
        .list();
  }

  private static Firing firing(ResultSet rs, StatementContext context) throws SQLException {
    return new Firing(
        rs.getString("id"),
        rs.getString("pipeline"),
        rs.getString("trigger"),
        rs.getString("kind"),
        Json.parse(rs.getString("evidence")),
        Json.parse(rs.getString("params")),
        Firing.State.valueOf(rs.getString("state")),
        Instant.ofEpochMilli(rs.getLong("due_at")),
        rs.getString("run"),
        rs.getString("error"),
        rs.getString("batch"),
        rs.getInt("depth"),
        Instant.ofEpochMilli(rs.getLong("fired_at")));
  }
}
