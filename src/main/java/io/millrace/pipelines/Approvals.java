package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Decisions that steps wait for. A step asks once, in rows, and a decision is written together with
 * its execution and artifact in the graph, whether or not an engine works on the run; the step goes
 * on from the row. Thread-safe.
 */
final class Approvals {
  static final int LONGEST_ASK = 1_000;
  static final int LONGEST_COMMENT = 2_000;
  static final int MOST_LISTED = 1_000;
  private static final long LONGEST_SLEEP_MILLIS = Duration.ofHours(1).toMillis();

  private final Engine engine;
  private final ApprovalStore store = new ApprovalStore();

  Approvals(Engine engine) {
    this.engine = engine;
  }

  private static String signal(String run, String step) {
    return run + "/" + step;
  }

  /** Asks, unless that was done before, and waits for the decision. Stopped when stopped. */
  ApprovalStore.Row await(
      StepRecord record,
      LiveRun run,
      StepDefinition step,
      StepExecution.Ready ready,
      CompletableFuture<Stop> stop) {
    int attempt = record.attempt() + 1;
    engine.database.writing(tx -> {
      if (store.find(tx, run.id, step.id(), attempt).isEmpty())
        store.insert(tx, asked(tx, record, run, step, ready, attempt));
    });
    var key = signal(run.id, step.id());
    try {
      while (true) {
        var signal = engine.signals.next(key);
        var row =
            engine
                .database
                .read(s -> store.find(s, run.id, step.id(), attempt))
                .orElseThrow(() -> new Fenced(run.id, step.id()));
        if (row.approval().approved() != null) return row;
        long millis = Duration.between(engine.now(), row.approval().dueAt()).toMillis();
        if (millis <= 0) {
          expire(row);
          continue;
        }
        CompletableFuture.anyOf(signal, stop)
            .completeOnTimeout(true, Math.min(millis, LONGEST_SLEEP_MILLIS), TimeUnit.MILLISECONDS)
            .join();
        if (stop.isDone()) throw new Stopped();
      }
    } finally {
      engine.signals.happened(key);
    }
  }

  private ApprovalStore.Row asked(
      Transaction tx,
      StepRecord record,
      LiveRun run,
      StepDefinition step,
      StepExecution.Ready ready,
      int attempt) {
    var definition = step.approval().orElseThrow();
    var values = Json.object();
    values.setAll(ready.given().values());
    var ask = values.remove(ApprovalDefinition.ASK).asText();
    if (ask.length() > LONGEST_ASK)
      throw new InvalidInput(
          "ask", ask.length() + " characters", "%d at most".formatted(LONGEST_ASK));
    var given = Json.object();
    given.set("values", values);
    ArtifactRef.write(ready.given().artifacts(), given.putObject("artifacts"));
    var now = engine.now();
    var due = now.plus(definition.within());
    var approval =
        new Approval(
            run.id,
            run.pipeline.name(),
            step.id(),
            ask,
            given,
            definition.otherwise(),
            now,
            due,
            null,
            null,
            null,
            null);
    var execution = record.ask(tx, ready, "waiting: for approval until %s: %s".formatted(due, ask));
    return new ApprovalStore.Row(approval, attempt, execution);
  }

  private void expire(ApprovalStore.Row row) {
    engine.database.writing(tx -> {
      var otherwise = row.approval().otherwise();
      write(tx, row, otherwise, "the pipeline", "nobody decided in time");
    });
  }

  /** Writes a decision, if it is the first; says whether it is. */
  private boolean write(
      Transaction tx, ApprovalStore.Row row, boolean approved, String by, String comment) {
    var now = engine.now();
    if (!store.decide(tx, row, approved, by, comment, now)) return false;
    var asked = row.approval();
    var name = asked.pipeline() + "." + asked.step();
    var decision =
        Json.object()
            .put("approved", approved)
            .put("by", by)
            .put("comment", comment)
            .put("at", now.toString())
            .put("ask", asked.ask());
    decision.set("given", asked.given());
    engine.metadata.output(
        tx,
        row.execution(),
        engine.metadata.artifact(
            tx, ArtifactType.DECISION, Digest.of(Json.canonical(decision)), name, decision),
        "decision");
    engine.metadata.end(
        tx,
        row.execution(),
        ExecutionState.COMPLETE,
        Json.object().put("approved", approved).put("by", by).put("comment", comment));
    var verdict = "%s by %s".formatted(approved ? "approved" : "rejected", by);
    engine.tell(
        tx,
        asked.run(),
        asked.step(),
        "state",
        "waiting: " + verdict + (comment.isEmpty() ? "" : ": " + comment),
        null);
    tx.afterCommit(() -> engine.signals.happened(signal(asked.run(), asked.step())));
    return true;
  }

  /** Decides what a step asks; NotFound where it asks nothing, Conflict where that is too late. */
  Approval decide(String run, String step, boolean approved, String by, String comment) {
    if (comment.length() > LONGEST_COMMENT)
      throw new InvalidInput(
          "comment", comment.length() + " characters", "%d at most".formatted(LONGEST_COMMENT));
    return engine.database.write(tx -> {
      var of = engine.runs.row(tx, run).orElseThrow(() -> new NotFound("pipeline run", run));
      var row =
          store
              .findLast(tx, run, step)
              .orElseThrow(() ->
                  new NotFound(
                      "step %s of run %s waits for no approval; what waits is listed by: millrace approvals"
                          .formatted(step, run)));
      if (row.approval().approved() != null)
        throw new Conflict(
            "step %s of run %s was %s already, at %s"
                .formatted(step, run, row.approval().text(), row.approval().decidedAt()));
      if (of.cancelling())
        throw new Conflict("run %s is being cancelled; there is nothing to decide".formatted(run));
      write(tx, row, approved, by, comment);
      return store.findLast(tx, run, step).orElseThrow().approval();
    });
  }

  /** What waits for a decision, the oldest first. */
  List<Approval> waiting() {
    return engine.database.read(s -> store.listWaiting(s, MOST_LISTED)).stream()
        .map(ApprovalStore.Row::approval)
        .toList();
  }

  /** Takes back what a run, or one of its steps, asks or has been told and not taken up. */
  void withdraw(Transaction tx, String run, @Nullable String step) {
    for (var row : store.listOpen(tx, run, step)) {
      if (row.approval().approved() == null)
        engine.metadata.end(
            tx,
            row.execution(),
            ExecutionState.CANCELLED,
            Json.object().put("reason", "the question was withdrawn"));
      store.delete(tx, row);
    }
  }
}
