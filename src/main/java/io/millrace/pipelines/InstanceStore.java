package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Table pipeline_step, as far as it holds instances of steps and how many there are. */
final class InstanceStore {
  /** An instance as the engine takes it up. */
  record Row(int index, JsonNode values, StepStore.Row step) {}

  /** Makes a step work that knows its instances already; says whether the writer still may. */
  boolean open(Transaction tx, StepStore.Writer writer, int instances, Instant now) {
    return tx.update(
                """
                update pipeline_step set state = 'RUNNING', instances = :instances, error = null, started_at = coalesce(started_at, :now)
                 where run = :run and name = :step and state = 'WAITING'
                   and exists (select 1 from pipeline_run where id = :run and claim = :claim and state = 'RUNNING')
                """)
            .bind("instances", instances)
            .bind("now", now.toEpochMilli())
            .bind("run", writer.run())
            .bind("step", writer.step())
            .bind("claim", writer.claim())
            .execute()
        == 1;
  }

  /** Adds instances from that index on; those that were there before count their attempts on. */
  void insert(Transaction tx, StepStore.Writer writer, int first, List<ObjectNode> given) {
    if (given.isEmpty()) return;
    var batch =
        tx.batch(
            """
            insert into pipeline_step (run, name, position, uses, needs, state, attempt, fresh, parent, instance, given)
            select run, :name, position, uses, needs, 'WAITING',
                   (select coalesce(max(attempt), 0) from step_attempt where run = :run and step = :name), fresh, name, :instance, :given
              from pipeline_step where run = :run and name = :step
               and exists (select 1 from pipeline_run where id = :run and claim = :claim)
            """);
    int index = first;
    for (var values : given) {
      batch
          .bind("run", writer.run())
          .bind("step", writer.step())
          .bind("claim", writer.claim())
          .bind("name", Instances.name(writer.step(), index))
          .bind("instance", index++)
          .bind("given", Json.write(values))
          .add();
    }
    batch.execute();
  }

  /** How many there are of all steps of a run. */
  int count(Snapshot s, String run) {
    return s.query("select count(*) from pipeline_step where run = :run and parent is not null")
        .bind("run", run)
        .mapTo(int.class)
        .one();
  }

  /** In their order. */
  List<Row> rows(Snapshot s, String run, String step) {
    return s.query(
            "select * from pipeline_step where run = :run and parent = :step order by instance")
        .bind("run", run)
        .bind("step", step)
        .map((rs, _) -> row(rs))
        .list();
  }

  Optional<Row> find(Snapshot s, String run, String step, int index) {
    return s.query(
            "select * from pipeline_step where run = :run and parent = :step and instance = :index")
        .bind("run", run)
        .bind("step", step)
        .bind("index", index)
        .map((rs, _) -> row(rs))
        .findOne();
  }

  private static Row row(ResultSet rs) throws SQLException {
    return new Row(rs.getInt("instance"), Json.parse(rs.getString("given")), StepStore.row(rs));
  }

  /** The instances of each step that has some, counted. */
  Map<String, Instances> counts(Snapshot s, String run) {
    var counts = new HashMap<String, Map<StepState, Integer>>();
    s.query(
            "select parent, state, count(*) as n from pipeline_step where run = :run and parent is not null group by parent, state")
        .bind("run", run)
        .map((rs, _) ->
            counts
                .computeIfAbsent(rs.getString("parent"), _ -> new EnumMap<>(StepState.class))
                .put(StepState.valueOf(rs.getString("state")), rs.getInt("n")))
        .list();
    var all = new HashMap<String, Instances>();
    s.query("select name, instances from pipeline_step where run = :run and instances is not null")
        .bind("run", run)
        .map((rs, _) ->
            all.put(
                rs.getString("name"),
                new Instances(
                    rs.getInt("instances"), counts.getOrDefault(rs.getString("name"), Map.of()))))
        .list();
    return all;
  }

  /** Lets a step that works wait for whoever takes up the run next; its instances stay. */
  void leave(Transaction tx, StepStore.Writer writer) {
    tx.update(
            """
            update pipeline_step set state = 'WAITING' where run = :run and name = :step and state = 'RUNNING'
               and exists (select 1 from pipeline_run where id = :run and claim = :claim)
            """)
        .bind("run", writer.run())
        .bind("step", writer.step())
        .bind("claim", writer.claim())
        .execute();
  }

  /** Ends what has not ended of a step's instances, as cancelled. */
  void cancelWaiting(Transaction tx, StepStore.Writer writer, String reason, Instant now) {
    tx.update(
            """
            update pipeline_step set state = 'CANCELLED', error = :error, not_before = null, ended_at = :now
             where run = :run and parent = :step and state = 'WAITING'
               and exists (select 1 from pipeline_run where id = :run and claim = :claim)
            """)
        .bind("error", reason)
        .bind("now", now.toEpochMilli())
        .bind("run", writer.run())
        .bind("step", writer.step())
        .bind("claim", writer.claim())
        .execute();
  }

  /** Forgets a step's instances, so that it finds out anew what they are. */
  void delete(Transaction tx, String run, String step) {
    tx.update("delete from pipeline_step where run = :run and parent = :step")
        .bind("run", run)
        .bind("step", step)
        .execute();
    tx.update("update pipeline_step set instances = null where run = :run and name = :step")
        .bind("run", run)
        .bind("step", step)
        .execute();
  }

  /** Lets the instances wait that did not end well, and that one. */
  void reset(Transaction tx, String run, String step, @Nullable String fresh) {
    tx.update(
            """
            update pipeline_step set state = 'WAITING', failures = 0, not_before = null,
                   fresh = case when name = :fresh then 1 else fresh end, step_key = null, key_parts = null,
                   outputs = null, summary = null, error = null, execution = null, started_at = null, ended_at = null
             where run = :run and parent = :step and (name = :fresh or state not in ('RAN', 'CACHED', 'SKIPPED'))
            """)
        .bind("run", run)
        .bind("step", step)
        .bind("fresh", fresh)
        .execute();
  }

  /**
   * The names of instances after that index, in their order.
   *
   * @param state those in that state only, or null
   */
  List<String> names(
      Snapshot s, String run, String step, @Nullable StepState state, int after, int most) {
    return s.query(
            """
            select name from pipeline_step where run = :run and parent = :step and instance > :after
               and (:state is null or state = :state) order by instance limit :most
            """)
        .bind("run", run)
        .bind("step", step)
        .bind("state", state == null ? null : state.name())
        .bind("after", after)
        .bind("most", most)
        .mapTo(String.class)
        .list();
  }
}
