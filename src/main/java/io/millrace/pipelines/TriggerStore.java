package io.millrace.pipelines;

import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;

/** Tables pipeline_trigger and trigger_cursor. */
final class TriggerStore {
  private static final String SELECT = "select t.pipeline, t.definition from pipeline_trigger t ";

  /** A trigger and whose it is. */
  record Row(String pipeline, Trigger trigger) {}

  /** A schedule whose time has come, and up to when it was looked at. */
  record Due(String pipeline, Trigger.Schedule schedule, Instant at) {}

  /**
   * Makes these the triggers of a pipeline. What was there already keeps its cursor; what waits for
   * one that is gone is refused.
   */
  void replace(Transaction tx, String pipeline, List<Trigger> triggers, Instant now) {
    var kept = new HashSet<String>();
    for (var trigger : triggers) kept.add(trigger.text());
    for (var before : keys(tx, pipeline))
      if (!kept.contains(before))
        tx.update("delete from pipeline_trigger where pipeline = :pipeline and trigger = :trigger")
            .bind("pipeline", pipeline)
            .bind("trigger", before)
            .execute();
    int position = 0;
    for (var trigger : triggers) {
      replace(tx, pipeline, trigger, position++);
      if (trigger instanceof Trigger.Schedule schedule) begin(tx, pipeline, schedule, now);
    }
    refuseOrphans(tx, pipeline);
  }

  private List<String> keys(Snapshot s, String pipeline) {
    return s.query("select trigger from pipeline_trigger where pipeline = :pipeline")
        .bind("pipeline", pipeline)
        .mapTo(String.class)
        .list();
  }

  private void replace(Transaction tx, String pipeline, Trigger trigger, int position) {
    tx.update(
            """
            insert into pipeline_trigger (pipeline, trigger, position, kind, name, definition)
            values (:pipeline, :trigger, :position, :kind, :name, :definition)
            on conflict (pipeline, trigger) do update set position = excluded.position, definition = excluded.definition
            """)
        .bind("pipeline", pipeline)
        .bind("trigger", trigger.text())
        .bind("position", position)
        .bind("kind", trigger.kind())
        .bind("name", trigger.name())
        .bind("definition", Json.write(trigger))
        .execute();
  }

  private void begin(Transaction tx, String pipeline, Trigger.Schedule schedule, Instant now) {
    var next = schedule.times().next(now);
    if (next.isEmpty()) return;
    tx.update(
            """
            insert into trigger_cursor (pipeline, trigger, at, next_at) values (:pipeline, :trigger, :now, :next)
            on conflict (pipeline, trigger) do nothing
            """)
        .bind("pipeline", pipeline)
        .bind("trigger", schedule.text())
        .bind("now", now.toEpochMilli())
        .bind("next", next.get().toEpochMilli())
        .execute();
  }

  private void refuseOrphans(Transaction tx, String pipeline) {
    tx.update(
            """
            update trigger_firing set state = 'REFUSED', error = 'the pipeline no longer has this trigger'
             where pipeline = :pipeline and state in ('GATHERING', 'DUE') and trigger is not null
               and trigger not in (select trigger from pipeline_trigger where pipeline = :pipeline)
            """)
        .bind("pipeline", pipeline)
        .execute();
  }

  List<Row> list(Snapshot s) {
    return s.query(SELECT + "order by t.pipeline, t.position").map(TriggerStore::row).list();
  }

  /** The triggers of that kind, of all pipelines. */
  List<Row> list(Snapshot s, String kind) {
    return s.query(SELECT + "where t.kind = :kind order by t.pipeline, t.position")
        .bind("kind", kind)
        .map(TriggerStore::row)
        .list();
  }

  List<Row> list(Snapshot s, String kind, String name) {
    return s.query(
            SELECT + "where t.kind = :kind and t.name = :name order by t.pipeline, t.position")
        .bind("kind", kind)
        .bind("name", name)
        .map(TriggerStore::row)
        .list();
  }

  Optional<Trigger> find(Snapshot s, String pipeline, String trigger) {
    return s.query(SELECT + "where t.pipeline = :pipeline and t.trigger = :trigger")
        .bind("pipeline", pipeline)
        .bind("trigger", trigger)
        .map((rs, _) -> trigger(rs))
        .findOne();
  }

  List<Due> listDue(Snapshot s, Instant now) {
    return s.query(
            """
            select t.pipeline, t.definition, c.at from trigger_cursor c
              join pipeline_trigger t on t.pipeline = c.pipeline and t.trigger = c.trigger
             where c.next_at <= :now order by c.next_at
            """)
        .bind("now", now.toEpochMilli())
        .map((rs, _) ->
            new Due(
                rs.getString("pipeline"),
                (Trigger.Schedule) trigger(rs),
                Instant.ofEpochMilli(rs.getLong("at"))))
        .list();
  }

  /** Moves the cursor on, unless another did; says whether it did. */
  boolean move(Transaction tx, Due due, Instant at, Instant next) {
    return tx.update(
                """
                update trigger_cursor set at = :at, next_at = :next
                 where pipeline = :pipeline and trigger = :trigger and at = :before
                """)
            .bind("pipeline", due.pipeline())
            .bind("trigger", due.schedule().text())
            .bind("before", due.at().toEpochMilli())
            .bind("at", at.toEpochMilli())
            .bind("next", next.toEpochMilli())
            .execute()
        == 1;
  }

  private static Row row(ResultSet rs, StatementContext context) throws SQLException {
    return new Row(rs.getString("pipeline"), trigger(rs));
  }

  private static Trigger trigger(ResultSet rs) throws SQLException {
    return Json.read(rs.getString("definition"), Trigger.class);
  }
}
