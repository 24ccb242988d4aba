package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Table approval. */
final class ApprovalStore {
  /** An approval with its number and its execution in the graph. */
  record Row(Approval approval, int attempt, ExecutionId execution) {}

  private static final String ALL =
      "select a.*, r.pipeline from approval a join pipeline_run r on r.id = a.run ";

  void insert(Transaction tx, Row row) {
    var approval = row.approval();
    tx.update(
            """
            insert into approval (run, step, attempt, ask, given, otherwise, execution, asked_at, due_at)
            values (:run, :step, :attempt, :ask, :given, :otherwise, :execution, :asked, :due)
            """)
        .bind("run", approval.run())
        .bind("step", approval.step())
        .bind("attempt", row.attempt())
        .bind("ask", approval.ask())
        .bind("given", approval.given().toString())
        .bind("otherwise", approval.otherwise() ? 1 : 0)
        .bind("execution", row.execution().value())
        .bind("asked", approval.askedAt().toEpochMilli())
        .bind("due", approval.dueAt().toEpochMilli())
        .execute();
  }

  Optional<Row> find(Snapshot s, String run, String step, int attempt) {
    return s.query(ALL + "where a.run = :run and a.step = :step and a.attempt = :attempt")
        .bind("run", run)
        .bind("step", step)
        .bind("attempt", attempt)
        .map((rs, _) -> row(rs))
        .findOne();
  }

  /** The last that the step asked. */
  Optional<Row> findLast(Snapshot s, String run, String step) {
    return s.query(ALL + "where a.run = :run and a.step = :step order by a.attempt desc limit 1")
        .bind("run", run)
        .bind("step", step)
        .map((rs, _) -> row(rs))
        .findOne();
  }

  /** Those that nobody has decided, the oldest first. */
  List<Row> listWaiting(Snapshot s, int most) {
    return s.query(
            ALL + "where a.decided_at is null order by a.asked_at, a.run, a.step limit :most")
        .bind("most", most)
        .map((rs, _) -> row(rs))
        .list();
  }

  /** Those of a run, or of one of its steps, that the step has not taken up yet. */
  List<Row> listOpen(Snapshot s, String run, @Nullable String step) {
    return s.query(
            ALL
                + """
                join pipeline_step p on p.run = a.run and p.name = a.step
                 where a.run = :run and a.step = coalesce(:step, a.step) and a.attempt > p.attempt
                """)
        .bind("run", run)
        .bind("step", step)
        .map((rs, _) -> row(rs))
        .list();
  }

  /** Notes a decision; says whether it is the first. */
  boolean decide(
      Transaction tx, Row row, boolean approved, String by, String comment, Instant now) {
    return tx.update(
                """
                update approval set approved = :approved, decided_by = :by, comment = :comment, decided_at = :now
                 where run = :run and step = :step and attempt = :attempt and decided_at is null
                """)
            .bind("run", row.approval().run())
            .bind("step", row.approval().step())
            .bind("attempt", row.attempt())
            .bind("approved", approved ? 1 : 0)
            .bind("by", by)
            .bind("comment", comment)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  void delete(Transaction tx, Row row) {
    tx.update("delete from approval where run = :run and step = :step and attempt = :attempt")
        .bind("run", row.approval().run())
        .bind("step", row.approval().step())
        .bind("attempt", row.attempt())
        .execute();
  }

  private static Row row(ResultSet rs) throws SQLException {
    var decided = StepStore.instant(rs, "decided_at");
    JsonNode given = Json.parse(rs.getString("given"));
    return new Row(
        new Approval(
            rs.getString("run"),
            rs.getString("pipeline"),
            rs.getString("step"),
            rs.getString("ask"),
            given,
            rs.getInt("otherwise") == 1,
            Instant.ofEpochMilli(rs.getLong("asked_at")),
            Instant.ofEpochMilli(rs.getLong("due_at")),
            decided == null ? null : rs.getInt("approved") == 1,
            rs.getString("decided_by"),
            rs.getString("comment"),
            decided),
        rs.getInt("attempt"),
        new ExecutionId(rs.getLong("execution")));
  }
}
