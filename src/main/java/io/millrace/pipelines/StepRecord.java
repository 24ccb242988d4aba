package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one step of a live run writes: its state, its attempts with their executions in the graph
 * and their logs, its events. All of it is refused once another engine has claimed the run. Used by
 * the step's thread; log and progress by any.
 */
final class StepRecord {
  private static final Logger LOG = System.getLogger(StepRecord.class.getName());

  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final StepGraph graph;
  private final StepStore.Writer writer;
  private int attempt;
  private int failures;
  private @Nullable ExecutionId execution;
  private volatile StepLog log;

  StepRecord(Engine engine, LiveRun run, StepDefinition step, StepStore.Row row) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.graph = new StepGraph(engine.metadata, run, step);
    this.writer = new StepStore.Writer(run.id, step.id(), run.claim);
    this.attempt = row.attempt();
    this.failures = row.failures();
    this.log = log(attempt + 1);
  }

  private StepLog log(int number) {
    return new StepLog(engine.log(run.id, step.id(), number), engine.clock);
  }

  /** The number of the attempt that goes on, or else of the last one. */
  int attempt() {
    return attempt;
  }

  /** How many attempts failed since the run began or was resumed. */
  int failures() {
    return failures;
  }

  boolean hasBegun() {
    return execution != null;
  }

  /** Begins the next attempt. Held where the run is paused, Fenced where it is another's. */
  void begin(StepExecution.Ready ready) {
    begun(
        engine.database.write(tx -> {
          var begins = beginSilently(tx, ready);
          if (!isOfMany()) event(tx, "state", "running", null);
          engine.secrets.insert(tx, run.id, step.id(), attempt + 1, ready.given().values());
          return begins;
        }));
  }

  /** What the attempt at work was given of what moves; nothing where none is. */
  Map<String, JsonNode> pinned(Snapshot s) {
    return hasBegun() ? engine.secrets.find(s, run.id, step.id(), attempt) : Map.of();
  }

  /** As begin, within a transaction that also ends the attempt and tells so. */
  ExecutionId beginSilently(Transaction tx, StepExecution.Ready ready) {
    var begins = graph.begin(tx, ready.given(), ready.pins(), ready.key());
    admit(tx, ready, begins);
    if (run.space == null) engine.watcher.stepBegan(tx, begins);
    return begins;
  }

  private void admit(Transaction tx, StepExecution.Ready ready, ExecutionId begins) {
    if (!engine.steps.begin(tx, writer, attempt + 1, begins, ready.key(), engine.now()))
      throw run.refusal(tx, step);
  }

  /** Begins the execution of a question, whose attempt begins and ends with its answer. */
  ExecutionId ask(Transaction tx, StepExecution.Ready ready, String event) {
    var row = engine.runs.row(tx, run.id);
    if (row.isEmpty() || row.get().claim() != run.claim) throw new Fenced(run.id, step.id());
    event(tx, "state", event, null);
    return graph.begin(tx, ready.given(), ready.pins(), ready.key());
  }

  /** Begins and ends an attempt whose execution has ended before. */
  void conclude(
      Transaction tx, StepExecution.Ready ready, ExecutionId ended, Result result, Outputs gave) {
    admit(tx, ready, ended);
    finish(tx, attempt + 1, StepState.RAN, result, gave);
  }

  /** To be told once the beginning is durable. */
  void begun(ExecutionId begins) {
    execution = begins;
    attempt++;
  }

  /** Goes on with the attempt that an engine before this one began. */
  void adopt(ExecutionId begun) {
    execution = begun;
    log = log(attempt);
    event("state", "running: taken up again", null);
  }

  /** In the transaction that publishes: the step, its attempt and its execution end well. */
  void finish(
      Transaction tx, int number, ExecutionId begun, StepState state, Result result, Outputs gave) {
    var inGraph = state == StepState.CACHED ? ExecutionState.CACHED : ExecutionState.COMPLETE;
    graph.end(tx, begun, inGraph, gave.artifacts(), Json.object());
    finish(tx, number, state, result, gave);
    if (run.space == null) engine.watcher.stepEnded(tx, begun, inGraph);
  }

  private void finish(Transaction tx, int number, StepState state, Result result, Outputs gave) {
    var summary = Json.object();
    summary.setAll(result.summary());
    var end = new StepStore.StepEnd(json(gave), summary, null);
    if (!engine.steps.end(tx, writer, number, state, end, engine.now()))
      throw new Fenced(run.id, step.id());
    engine.steps.endAttempt(tx, run.id, step.id(), number, state, null, null, engine.now());
    if (!isOfMany()) event(tx, "state", state.text(), null);
  }

  ExecutionId execution() {
    if (execution == null) throw new IllegalStateException("no attempt has begun");
    return execution;
  }

  static ObjectNode json(Outputs outputs) {
    var json = Json.object();
    ArtifactRef.write(outputs.artifacts(), json);
    json.setAll(outputs.values());
    return json;
  }

  /** Ends the step, and the attempt that goes on if one does, without a result. */
  StepState end(StepState state, String reason, @Nullable ErrorClass why) {
    var begun = execution;
    engine.database.writing(tx -> {
      var end = StepStore.StepEnd.because(reason);
      if (!engine.steps.end(tx, writer, attempt, state, end, engine.now())) return;
      if (begun != null) endAttempt(tx, begun, state, reason, why);
      if (step.approval().isPresent()) engine.approvals.withdraw(tx, run.id, step.id());
      if (state == StepState.FAILED || !isOfMany())
        event(tx, "state", "%s: %s".formatted(state.text(), reason), null);
    });
    execution = null;
    return state;
  }

  /** The attempt failed, and another may begin then. */
  void again(String reason, ErrorClass why, Instant notBefore, String event) {
    var begun = execution();
    engine.database.writing(tx -> {
      if (!engine.steps.again(tx, writer, attempt, true, notBefore, reason))
        throw new Fenced(run.id, step.id());
      endAttempt(tx, begun, StepState.FAILED, reason, why);
      event(tx, "state", event, null);
    });
    log(reason);
    failures++;
    execution = null;
    log.close();
    log = log(attempt + 1);
  }

  /** The attempt is given up, and the step left to whoever takes up the run next. */
  void leave(String reason) {
    var begun = execution;
    if (begun == null) return;
    engine.database.writing(tx -> {
      if (!engine.steps.again(tx, writer, attempt, false, null, null)) return;
      endAttempt(tx, begun, StepState.INTERRUPTED, reason, null);
      event(tx, "state", "waiting: " + reason, null);
    });
    execution = null;
  }

  private void endAttempt(
      Transaction tx, ExecutionId begun, StepState state, String reason, @Nullable ErrorClass why) {
    var inGraph = state == StepState.FAILED ? ExecutionState.FAILED : ExecutionState.CANCELLED;
    graph.end(tx, begun, inGraph, Map.of(), Json.object().put("reason", reason));
    if (run.space == null) engine.watcher.stepEnded(tx, begun, inGraph);
    var named = why == null ? null : why.text();
    engine.steps.endAttempt(tx, run.id, step.id(), attempt, state, reason, named, engine.now());
  }

  /** The log of the attempt that goes on, or begins next. */
  StepLog log() {
    return log;
  }

  /** A log that cannot be written, as on a full disk, does not change how the step ended. */
  void log(String text) {
    try (var last = log(Math.max(attempt, 1))) {
      last.line(text);
    } catch (UncheckedIOException e) {
      LOG.log(
          Level.WARNING,
          "run=%s step=%s its log could not be written: %s".formatted(run.id, step.id(), e));
    }
  }

  /** Whether it is one of so many instances that only what goes wrong is told. */
  private boolean isOfMany() {
    return step.strategy() instanceof Strategy.Instance one && one.isOfMany();
  }

  void progress(String doing, double share) {
    if (isOfMany()) return;
    event("progress", doing, Double.isFinite(share) ? Math.clamp(share, 0, 1) : null);
  }

  void event(String type, String message, @Nullable Double share) {
    engine.database.writing(tx -> event(tx, type, message, share));
  }

  private void event(Transaction tx, String type, String message, @Nullable Double share) {
    if (step.strategy() instanceof Strategy.Instance one && !run.mayTell(one.of())) return;
    engine.tell(tx, run.id, step.id(), type, message, share);
  }
}
