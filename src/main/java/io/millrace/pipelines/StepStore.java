package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tables pipeline_step and step_attempt. What an attempt writes is refused once its run's claim has
 * moved on.
 */
final class StepStore {
  /**
   * A step as the engine takes it up.
   *
   * @param instances how many it has, once that is known
   * @param begun the attempt that is at work, where one is
   */
  record Row(
      String name,
      StepState state,
      int attempt,
      int failures,
      @Nullable Instant notBefore,
      boolean fresh,
      @Nullable Integer instances,
      @Nullable Begun begun,
      StepEnd end) {}

  /** An attempt at work. */
  record Begun(ExecutionId execution, Instant at) {}

  /** What is written of a step that ends. */
  record StepEnd(@Nullable JsonNode outputs, @Nullable JsonNode summary, @Nullable String error) {
    static StepEnd because(@Nullable String error) {
      return new StepEnd(null, null, error);
    }
  }

  /** Who writes: a step of a run, as long as the run's claim is this. */
  record Writer(String run, String step, long claim) {}

  /** A step that was at work when its engine went away. */
  record Left(
      String run, String step, int attempt, @Nullable ExecutionId execution, boolean cancelling) {
    /** The name that its command has, if it runs one. */
    String command() {
      return Engine.command(run, step, attempt);
    }
  }

  private final InstanceStore instances = new InstanceStore();

  void insert(Transaction tx, String run, List<StepRun> steps) {
    var batch =
        tx.batch(
            """
            insert into pipeline_step (run, name, position, uses, needs, state, attempt)
            values (:run, :name, :position, :uses, :needs, :state, 0)
            """);
    int position = 0;
    for (var step : steps) {
      batch
          .bind("run", run)
          .bind("name", step.name())
          .bind("position", position++)
          .bind("uses", step.uses())
          .bind("needs", Json.write(step.needs()))
          .bind("state", step.state().name())
          .add();
    }
    batch.execute();
  }

  /** Makes the steps those of another definition; those that stay keep what they came to. */
  void revise(Transaction tx, String run, Collection<StepDefinition> steps) {
    var names = new HashSet<String>();
    rows(tx, run).forEach(row -> names.add(row.name()));
    int position = 0;
    for (var step : steps) {
      tx.update(
              """
              insert into pipeline_step (run, name, position, uses, needs, state, attempt)
              values (:run, :name, :position, :uses, :needs, 'WAITING', 0)
              on conflict (run, name) do update set position = excluded.position, uses = excluded.uses, needs = excluded.needs
              """)
          .bind("run", run)
          .bind("name", step.id())
          .bind("position", position++)
          .bind("uses", step.component())
          .bind("needs", Json.write(List.copyOf(step.needs().keySet())))
          .execute();
      names.remove(step.id());
    }
    for (var gone : names)
      tx.update("delete from pipeline_step where run = :run and (name = :name or parent = :name)")
          .bind("run", run)
          .bind("name", gone)
          .execute();
  }

  /** Lets a step wait as if nothing had happened; its attempts count on. */
  void reset(Transaction tx, String run, String step, boolean fresh) {
    tx.update(
            """
            update pipeline_step set state = 'WAITING', failures = 0, not_before = null, fresh = :fresh, step_key = null, key_parts = null,
                   outputs = null, summary = null, error = null, execution = null, started_at = null, ended_at = null
             where run = :run and name = :step
            """)
        .bind("run", run)
        .bind("step", step)
        .bind("fresh", fresh ? 1 : 0)
        .execute();
  }

  /** The steps of a run, their instances left out, in their order. */
  List<StepRun> list(Snapshot s, String run) {
    return select(s, run, "p.parent is null", null);
  }

  /** All of a run, each step before its instances. */
  List<StepRun> all(Snapshot s, String run) {
    return select(s, run, "p.run is not null", null);
  }

  /** The step or instance of that name. */
  Optional<StepRun> find(Snapshot s, String run, String name) {
    return select(s, run, "p.name = :name", name).stream().findFirst();
  }

  private List<StepRun> select(Snapshot s, String run, String which, @Nullable String name) {
    var attempts = new HashMap<String, List<StepAttempt>>();
    var tried =
        s.query(
                """
                select a.* from pipeline_step p join step_attempt a on a.run = p.run and a.step = p.name
                 where p.run = :run and %s order by a.step, a.attempt
                """
                    .formatted(which))
            .bind("run", run);
    var steps =
        s.query(
                "select * from pipeline_step p where p.run = :run and %s order by p.position, p.instance"
                    .formatted(which))
            .bind("run", run);
    if (name != null) {
      tried.bind("name", name);
      steps.bind("name", name);
    }
    tried
        .map((rs, _) ->
            attempts.computeIfAbsent(rs.getString("step"), _ -> new ArrayList<>()).add(attempt(rs)))
        .list();
    var counts =
        name != null && Instances.isName(name)
            ? Map.<String, Instances>of()
            : instances.counts(s, run);
    return steps
        .map((rs, _) ->
            step(
                rs,
                attempts.getOrDefault(rs.getString("name"), List.of()),
                counts.get(rs.getString("name"))))
        .list();
  }

  List<Row> rows(Snapshot s, String run) {
    return s.query(
            "select * from pipeline_step where run = :run and parent is null order by position")
        .bind("run", run)
        .map((rs, _) -> row(rs))
        .list();
  }

  static Row row(ResultSet rs) throws SQLException {
    int instances = rs.getInt("instances");
    Integer known = rs.wasNull() ? null : instances;
    return new Row(
        rs.getString("name"),
        StepState.valueOf(rs.getString("state")),
        rs.getInt("attempt"),
        rs.getInt("failures"),
        instant(rs, "not_before"),
        rs.getInt("fresh") == 1,
        known,
        begun(rs),
        new StepEnd(json(rs, "outputs"), json(rs, "summary"), rs.getString("error")));
  }

  private static @Nullable Begun begun(ResultSet rs) throws SQLException {
    var at = instant(rs, "started_at");
    return at == null || !rs.getString("state").equals(StepState.RUNNING.name())
        ? null
        : new Begun(new ExecutionId(rs.getLong("execution")), at);
  }

  /** Begins an attempt; says whether the run is still the writer's and running. */
  boolean begin(
      Transaction tx,
      Writer writer,
      int attempt,
      ExecutionId execution,
      @Nullable StepKey key,
      Instant now) {
    boolean begun =
        tx.update(
                    """
                    update pipeline_step set state = 'RUNNING', attempt = :attempt, execution = :execution, step_key = :key, key_parts = :parts,
                           error = null, not_before = null, started_at = :now
                     where run = :run and name = :step and state = 'WAITING' and attempt < :attempt
                       and exists (select 1 from pipeline_run where id = :run and claim = :claim and state = 'RUNNING')
                    """)
                .bind("run", writer.run())
                .bind("step", writer.step())
                .bind("claim", writer.claim())
                .bind("attempt", attempt)
                .bind("execution", execution.value())
                .bind("key", key == null ? null : key.digest().hex())
                .bind("parts", key == null ? null : key.parts().toString())
                .bind("now", now.toEpochMilli())
                .execute()
            == 1;
    if (!begun) return false;
    tx.update(
            """
            insert into step_attempt (run, step, attempt, state, execution, started_at)
            values (:run, :step, :attempt, 'RUNNING', :execution, :now)
            """)
        .bind("run", writer.run())
        .bind("step", writer.step())
        .bind("attempt", attempt)
        .bind("execution", execution.value())
        .bind("now", now.toEpochMilli())
        .execute();
    return true;
  }

  /** Ends a step; says whether the writer still may. */
  boolean end(
      Transaction tx, Writer writer, int attempt, StepState state, StepEnd end, Instant now) {
    return tx.update(
                """
                update pipeline_step set state = :state, outputs = :outputs, summary = :summary, error = :error, not_before = null, ended_at = :now
                 where run = :run and name = :step and attempt = :attempt and state in ('WAITING', 'RUNNING')
                   and exists (select 1 from pipeline_run where id = :run and claim = :claim)
                """)
            .bind("run", writer.run())
            .bind("step", writer.step())
            .bind("claim", writer.claim())
            .bind("attempt", attempt)
            .bind("state", state.name())
            .bind("outputs", end.outputs() == null ? null : end.outputs().toString())
            .bind("summary", end.summary() == null ? null : end.summary().toString())
            .bind("error", end.error())
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Lets a step that works wait for another attempt; says whether the writer still may. */
  boolean again(
      Transaction tx,
      Writer writer,
      int attempt,
      boolean failed,
      @Nullable Instant notBefore,
      @Nullable String error) {
    return tx.update(
                """
                update pipeline_step set state = 'WAITING', failures = failures + :failed, not_before = :not_before, error = :error, started_at = null
                 where run = :run and name = :step and attempt = :attempt and state = 'RUNNING'
                   and exists (select 1 from pipeline_run where id = :run and claim = :claim)
                """)
            .bind("run", writer.run())
            .bind("step", writer.step())
            .bind("claim", writer.claim())
            .bind("attempt", attempt)
            .bind("failed", failed ? 1 : 0)
            .bind("not_before", notBefore == null ? null : notBefore.toEpochMilli())
            .bind("error", error)
            .execute()
        == 1;
  }

  /** Notes how an attempt ended. */
  void endAttempt(
      Transaction tx,
      String run,
      String step,
      int attempt,
      StepState state,
      @Nullable String error,
      @Nullable String errorClass,
      Instant now) {
    tx.update(
            """
            update step_attempt set state = :state, error = :error, error_class = :class, ended_at = :now
             where run = :run and step = :step and attempt = :attempt and state = 'RUNNING'
            """)
        .bind("run", run)
        .bind("step", step)
        .bind("attempt", attempt)
        .bind("state", state.name())
        .bind("error", error)
        .bind("class", errorClass)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** The steps at work of runs that go on. */
  List<Left> left(Snapshot s) {
    return s.query(
            """
            select s.run, s.name, s.attempt, s.execution, r.cancelling from pipeline_step s join pipeline_run r on r.id = s.run
             where r.state in ('RUNNING', 'PAUSED') and s.state = 'RUNNING'
            """)
        .map((rs, _) -> {
          long execution = rs.getLong("execution");
          var begun = rs.wasNull() ? null : new ExecutionId(execution);
          return new Left(
              rs.getString("run"),
              rs.getString("name"),
              rs.getInt("attempt"),
              begun,
              rs.getInt("cancelling") == 1);
        })
        .list();
  }

  /** Lets a step that was left at work wait again. */
  void release(Transaction tx, Left left) {
    tx.update(
            "update pipeline_step set state = 'WAITING', started_at = case when instances is null then null else started_at end where run = :run and name = :step and state = 'RUNNING'")
        .bind("run", left.run())
        .bind("step", left.step())
        .execute();
  }

  /** Ends all that has not ended, as cancelled. */
  void cancelWaiting(Transaction tx, String run, String reason, Instant now) {
    tx.update(
            """
            update pipeline_step set state = 'CANCELLED', error = :error, not_before = null, ended_at = :now
             where run = :run and state in ('WAITING', 'RUNNING')
            """)
        .bind("run", run)
        .bind("error", reason)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  private static StepRun step(
      ResultSet rs, List<StepAttempt> attempts, @Nullable Instances instances) throws SQLException {
    var needs =
        StreamSupport.stream(Json.parse(rs.getString("needs")).spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    var key = rs.getString("step_key");
    return new StepRun(
        rs.getString("name"),
        rs.getString("uses"),
        needs,
        StepState.valueOf(rs.getString("state")),
        key == null ? null : new Digest(key),
        json(rs, "key_parts"),
        json(rs, "outputs"),
        json(rs, "summary"),
        rs.getString("error"),
        instant(rs, "started_at"),
        instant(rs, "ended_at"),
        instant(rs, "not_before"),
        attempts,
        json(rs, "given"),
        instances,
        null);
  }

  private static StepAttempt attempt(ResultSet rs) throws SQLException {
    return new StepAttempt(
        rs.getInt("attempt"),
        StepState.valueOf(rs.getString("state")),
        rs.getString("error"),
        rs.getString("error_class"),
        rs.getLong("execution"),
        Instant.ofEpochMilli(rs.getLong("started_at")),
        instant(rs, "ended_at"));
  }

  private static @Nullable JsonNode json(ResultSet rs, String column) throws SQLException {
    var text = rs.getString(column);
    return text == null ? null : Json.parse(text);
  }

  static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
    long millis = rs.getLong(column);
    return rs.wasNull() ? null : Instant.ofEpochMilli(millis);
  }
}
