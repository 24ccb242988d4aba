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
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Tables pipeline_run and pipeline_step. */
final class RunStore {
  /** A step that some engine left behind, with the execution that is to be ended. */
  record Left(String run, String step, @Nullable ExecutionId execution) {}

  void insert(Transaction tx, PipelineRun run, String project, Digest definition, boolean cache) {
    tx.update(
            """
            insert into pipeline_run (id, pipeline, project, definition, state, params, cache, started_at)
            values (:id, :pipeline, :project, :definition, :state, :params, :cache, :now)
            """)
        .bind("id", run.id())
        .bind("pipeline", run.pipeline())
        .bind("project", project)
        .bind("definition", definition.hex())
        .bind("state", run.state().name())
        .bind("params", run.params().toString())
        .bind("cache", cache ? 1 : 0)
        .bind("now", run.startedAt().toEpochMilli())
        .execute();
    var batch =
        tx.batch(
            """
            insert into pipeline_step (run, name, position, uses, needs, state, attempt)
            values (:run, :name, :position, :uses, :needs, :state, 0)
            """);
    int position = 0;
    for (var step : run.steps()) {
      batch
          .bind("run", run.id())
          .bind("name", step.name())
          .bind("position", position++)
          .bind("uses", step.uses())
          .bind("needs", Json.write(step.needs()))
          .bind("state", step.state().name())
          .add();
    }
    batch.execute();
  }

  Optional<PipelineRun> find(Snapshot s, String id) {
    return s.query("select * from pipeline_run where id = :id")
        .bind("id", id)
        .map((rs, _) -> run(rs, steps(s, id)))
        .findOne();
  }

  Optional<RunState> state(Snapshot s, String id) {
    return s.query("select state from pipeline_run where id = :id")
        .bind("id", id)
        .map((rs, _) -> RunState.valueOf(rs.getString("state")))
        .findOne();
  }

  /** The newest first. */
  List<PipelineRun> list(Snapshot s, String pipeline, int most) {
    var ids =
        s.query(
                "select id from pipeline_run where pipeline = :pipeline order by started_at desc, id desc limit :most")
            .bind("pipeline", pipeline)
            .bind("most", most)
            .mapTo(String.class)
            .list();
    var runs = new ArrayList<PipelineRun>();
    for (var id : ids) find(s, id).ifPresent(runs::add);
    return runs;
  }

  private List<StepRun> steps(Snapshot s, String run) {
    return s.query("select * from pipeline_step where run = :run order by position")
        .bind("run", run)
        .map((rs, _) -> step(rs))
        .list();
  }

  /** Notes the end of a run, unless it has ended; says whether it did. */
  boolean end(
      Transaction tx,
      String id,
      RunState state,
      @Nullable String outcome,
      @Nullable String error,
      Instant now) {
    return tx.update(
                "update pipeline_run set state = :state, outcome = :outcome, error = :error, ended_at = :now where id = :id and state = 'RUNNING'")
            .bind("id", id)
            .bind("state", state.name())
            .bind("outcome", outcome)
            .bind("error", error)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /**
   * Begins an attempt of a step; says whether this attempt still may, since a newer engine could
   * have interrupted the run.
   */
  boolean begin(
      Transaction tx,
      String run,
      String step,
      int attempt,
      ExecutionId execution,
      @Nullable StepKey key,
      Instant now) {
    return tx.update(
                """
                update pipeline_step set state = 'RUNNING', attempt = :attempt, execution = :execution, step_key = :key, key_parts = :parts, started_at = :now
                 where run = :run and name = :step and state = 'WAITING' and attempt < :attempt
                """)
            .bind("run", run)
            .bind("step", step)
            .bind("attempt", attempt)
            .bind("execution", execution.value())
            .bind("key", key == null ? null : key.digest().hex())
            .bind("parts", key == null ? null : key.parts().toString())
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Ends an attempt; says whether it still was the one that may. */
  boolean end(
      Transaction tx,
      String run,
      String step,
      int attempt,
      StepState state,
      StepEnd end,
      Instant now) {
    return tx.update(
                """
                update pipeline_step set state = :state, outputs = :outputs, summary = :summary, error = :error, ended_at = :now
                 where run = :run and name = :step and attempt = :attempt and state in ('WAITING', 'RUNNING')
                """)
            .bind("run", run)
            .bind("step", step)
            .bind("attempt", attempt)
            .bind("state", state.name())
            .bind("outputs", end.outputs() == null ? null : end.outputs().toString())
            .bind("summary", end.summary() == null ? null : end.summary().toString())
            .bind("error", end.error())
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** What is written of a step that ends. */
  record StepEnd(@Nullable JsonNode outputs, @Nullable JsonNode summary, @Nullable String error) {
    static StepEnd because(@Nullable String error) {
      return new StepEnd(null, null, error);
    }
  }

  List<Left> left(Snapshot s) {
    return s.query(
            """
            select s.run, s.name, s.execution from pipeline_step s join pipeline_run r on r.id = s.run
             where r.state = 'RUNNING' and s.state = 'RUNNING'
            """)
        .map((rs, _) -> new Left(rs.getString("run"), rs.getString("name"), execution(rs)))
        .list();
  }

  List<String> running(Snapshot s) {
    return s.query("select id from pipeline_run where state = 'RUNNING' order by id")
        .mapTo(String.class)
        .list();
  }

  /**
   * Ends every running run as interrupted; the fence of its steps moves on, so that no attempt of
   * before can end one.
   */
  void interrupt(Transaction tx, Instant now) {
    tx.update(
            """
            update pipeline_step set state = 'INTERRUPTED', attempt = attempt + 1, ended_at = :now
             where state in ('WAITING', 'RUNNING') and run in (select id from pipeline_run where state = 'RUNNING')
            """)
        .bind("now", now.toEpochMilli())
        .execute();
    tx.update(
            "update pipeline_run set state = 'INTERRUPTED', ended_at = :now, error = :error where state = 'RUNNING'")
        .bind("now", now.toEpochMilli())
        .bind(
            "error",
            "the server stopped while it ran; run it again, finished steps come from the cache")
        .execute();
  }

  private static @Nullable ExecutionId execution(ResultSet rs) throws SQLException {
    long id = rs.getLong("execution");
    return rs.wasNull() ? null : new ExecutionId(id);
  }

  private static PipelineRun run(ResultSet rs, List<StepRun> steps) throws SQLException {
    return new PipelineRun(
        rs.getString("id"),
        rs.getString("pipeline"),
        RunState.valueOf(rs.getString("state")),
        rs.getString("outcome"),
        rs.getString("error"),
        Json.parse(rs.getString("params")),
        Instant.ofEpochMilli(rs.getLong("started_at")),
        instant(rs, "ended_at"),
        steps);
  }

  private static StepRun step(ResultSet rs) throws SQLException {
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
        instant(rs, "ended_at"));
  }

  private static @Nullable JsonNode json(ResultSet rs, String column) throws SQLException {
    var text = rs.getString(column);
    return text == null ? null : Json.parse(text);
  }

  private static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
    long millis = rs.getLong(column);
    return rs.wasNull() ? null : Instant.ofEpochMilli(millis);
  }
}
