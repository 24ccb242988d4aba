package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Table pipeline_run. */
final class RunStore {
  /**
   * What a run goes by.
   *
   * @param lane the runs that exclude each other, or null if it excludes none
   */
  record Row(
      String id,
      String pipeline,
      String project,
      RunState state,
      Terms terms,
      long claim,
      boolean cancelling,
      @Nullable String lane) {}

  /**
   * What of a run its definition decides.
   *
   * @param path of the definition among the files
   * @param files what finds the project's files as they were when it began, or null if it began
   *     before they were kept
   */
  record Terms(
      Digest definition,
      @Nullable String path,
      @Nullable Digest files,
      ObjectNode params,
      boolean cache) {
    Map<String, JsonNode> values() {
      var values = new LinkedHashMap<String, JsonNode>();
      params.properties().forEach(p -> values.put(p.getKey(), p.getValue()));
      return values;
    }
  }

  private final StepStore steps = new StepStore();

  void insert(Transaction tx, PipelineRun run, Row row) {
    tx.update(
            """
            insert into pipeline_run (id, pipeline, project, definition, path, files, state, params, cache, claim, lane, started_at)
            values (:id, :pipeline, :project, :definition, :path, :files, :state, :params, :cache, :claim, :lane, :now)
            """)
        .bind("id", run.id())
        .bind("pipeline", run.pipeline())
        .bind("project", row.project())
        .bind("definition", row.terms().definition().hex())
        .bind("path", row.terms().path())
        .bind("files", hex(row.terms().files()))
        .bind("state", run.state().name())
        .bind("params", row.terms().params().toString())
        .bind("cache", row.terms().cache() ? 1 : 0)
        .bind("claim", row.claim())
        .bind("lane", row.lane())
        .bind("now", run.startedAt().toEpochMilli())
        .execute();
    steps.insert(tx, run.id(), run.steps());
  }

  private static @Nullable String hex(@Nullable Digest digest) {
    return digest == null ? null : digest.hex();
  }

  Optional<PipelineRun> find(Snapshot s, String id) {
    return s.query("select * from pipeline_run where id = :id")
        .bind("id", id)
        .map((rs, _) -> run(rs, steps.list(s, id)))
        .findOne();
  }

  Optional<Row> row(Snapshot s, String id) {
    return s.query("select * from pipeline_run where id = :id")
        .bind("id", id)
        .map((rs, _) -> row(rs))
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

  /** The ids of those in that state, the oldest first. */
  List<String> list(Snapshot s, RunState state) {
    return s.query("select id from pipeline_run where state = :state order by started_at, id")
        .bind("state", state.name())
        .mapTo(String.class)
        .list();
  }

  /** The ids of those that an engine is to go on with, the oldest first. */
  List<String> goingOn(Snapshot s) {
    return s.query(
            """
            select id from pipeline_run where state = 'RUNNING' or state = 'PAUSED' and cancelling = 1
             order by started_at, id
            """)
        .mapTo(String.class)
        .list();
  }

  /** Those of a lane that have not ended, the oldest first. */
  List<Row> lane(Snapshot s, String lane) {
    return s.query(
            "select * from pipeline_run where lane = :lane and ended_at is null order by started_at, id")
        .bind("lane", lane)
        .map((rs, _) -> row(rs))
        .list();
  }

  /** The lanes in which runs are queued. */
  List<String> queuedLanes(Snapshot s) {
    return s.query(
            "select distinct lane from pipeline_run where state = 'QUEUED' and lane is not null")
        .mapTo(String.class)
        .list();
  }

  /** Notes the end of a run, unless it has ended or is another's by now; says whether it did. */
  boolean end(
      Transaction tx,
      String id,
      long claim,
      RunState state,
      @Nullable String outcome,
      @Nullable String error,
      Instant now) {
    return tx.update(
                """
                update pipeline_run set state = :state, outcome = :outcome, error = :error, ended_at = :now
                 where id = :id and claim = :claim and state in ('QUEUED', 'RUNNING', 'PAUSED')
                """)
            .bind("id", id)
            .bind("claim", claim)
            .bind("state", state.name())
            .bind("outcome", outcome)
            .bind("error", error)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Moves a run from one state to another; says whether it was in the first. */
  boolean move(Transaction tx, String id, RunState from, RunState to) {
    return tx.update("update pipeline_run set state = :to where id = :id and state = :from")
            .bind("id", id)
            .bind("from", from.name())
            .bind("to", to.name())
            .execute()
        == 1;
  }

  /**
   * Notes that somebody cancelled it, which ends a pause, so that its finally steps can run; says
   * whether it goes on and was not cancelled before.
   */
  boolean cancelling(Transaction tx, String id) {
    return tx.update(
                "update pipeline_run set cancelling = 1, state = 'RUNNING' where id = :id and cancelling = 0 and state in ('RUNNING', 'PAUSED')")
            .bind("id", id)
            .execute()
        == 1;
  }

  /** Makes a run go on by these terms, unless it is no more as it was; says whether it did. */
  boolean reopen(Transaction tx, Row before, Terms terms) {
    return tx.update(
                """
                update pipeline_run set state = 'RUNNING', claim = claim + 1, cancelling = 0, outcome = null, error = null, ended_at = null,
                       definition = :definition, path = :path, files = :files, params = :params
                 where id = :id and claim = :claim and state = :state
                """)
            .bind("id", before.id())
            .bind("claim", before.claim())
            .bind("state", before.state().name())
            .bind("definition", terms.definition().hex())
            .bind("path", terms.path())
            .bind("files", hex(terms.files()))
            .bind("params", terms.params().toString())
            .execute()
        == 1;
  }

  /** Takes every run that goes on away from whoever had it. */
  void claimAll(Transaction tx) {
    tx.update("update pipeline_run set claim = claim + 1 where state in ('RUNNING', 'PAUSED')")
        .execute();
  }

  private static Row row(ResultSet rs) throws SQLException {
    var files = rs.getString("files");
    return new Row(
        rs.getString("id"),
        rs.getString("pipeline"),
        rs.getString("project"),
        RunState.valueOf(rs.getString("state")),
        new Terms(
            new Digest(rs.getString("definition")),
            rs.getString("path"),
            files == null ? null : new Digest(files),
            (ObjectNode) Json.parse(rs.getString("params")),
            rs.getInt("cache") == 1),
        rs.getLong("claim"),
        rs.getInt("cancelling") == 1,
        rs.getString("lane"));
  }

  private static PipelineRun run(ResultSet rs, List<StepRun> steps) throws SQLException {
    return new PipelineRun(
        rs.getString("id"),
        rs.getString("pipeline"),
        RunState.valueOf(rs.getString("state")),
        rs.getString("outcome"),
        rs.getString("error"),
        Concurrency.group(rs.getString("lane")),
        Json.parse(rs.getString("params")),
        Instant.ofEpochMilli(rs.getLong("started_at")),
        StepStore.instant(rs, "ended_at"),
        steps);
  }
}
