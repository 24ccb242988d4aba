package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The runs that this engine works on. A run is taken up from its rows, so that it goes on wherever
 * another engine left it, however that one ended. Thread-safe.
 */
final class LiveRuns {
  private static final Logger LOG = System.getLogger(LiveRuns.class.getName());
  private static final Duration CLOSING = Duration.ofSeconds(30);
  private static final String RESTARTED = "the server stopped while it worked";

  final Lanes lanes;
  private final Engine engine;
  private final Runner runner;
  private final Map<String, LiveRun> live = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<RunState>> ends = new ConcurrentHashMap<>();
  private volatile boolean closing;
  private volatile List<String> claimed = List.of();

  /** The steps at work whose commands outlived the engine before. */
  private volatile List<StepStore.Left> adopted = List.of();

  LiveRuns(Engine engine, Runner runner) {
    this.engine = engine;
    this.runner = runner;
    this.lanes = new Lanes(engine.runs, this);
  }

  /**
   * Takes all runs that go on away from the engine before, so that it can write no more. Of their
   * steps at work, those whose commands live, or have ended since, are gone on with; the others
   * wait for another attempt. Commands that belong to none of them are ended.
   */
  void claim() {
    var found = new HashSet<String>();
    for (var name : runner.names())
      if (!(runner.find(name).orElseThrow() instanceof Runner.Status.Lost)) found.add(name);
    engine.database.writing(tx -> {
      var left = engine.steps.left(tx);
      engine.runs.claimAll(tx);
      adopted = left.stream().filter(s -> found.contains(s.command()) && !s.cancelling()).toList();
      for (var step : left) if (!adopted.contains(step)) release(tx, step);
      for (var run : engine.runs.list(tx, RunState.RUNNING))
        event(tx, run, "running: goes on after the server stopped");
      claimed = engine.runs.goingOn(tx);
    });
    if (!adopted.isEmpty()) engine.capacity.shut();
    var kept = new HashSet<String>();
    adopted.forEach(step -> kept.add(step.command()));
    for (var name : runner.names()) if (!kept.contains(name)) runner.cancel(name, Duration.ZERO);
    Folders.deleteLeft(engine.attempts(), kept);
  }

  private void release(Transaction tx, StepStore.Left step) {
    if (step.execution() != null) {
      engine.metadata.end(
          tx, step.execution(), ExecutionState.FAILED, Json.object().put("reason", RESTARTED));
      if (!PipelineTests.isTest(engine.runs.row(tx, step.run()).orElseThrow().pipeline()))
        engine.watcher.stepEnded(tx, step.execution(), ExecutionState.CANCELLED);
    }
    engine.steps.endAttempt(
        tx,
        step.run(),
        step.step(),
        step.attempt(),
        StepState.INTERRUPTED,
        RESTARTED,
        null,
        engine.now());
    engine.steps.release(tx, step);
  }

  /** The steps, by run, whose commands went on while no engine was there. */
  List<StepStore.Left> adopted() {
    return adopted;
  }

  /** Goes on with all that were running when they were claimed. */
  void takeUpAll() {
    var all = new LinkedHashSet<>(claimed);
    adopted.forEach(step -> all.add(step.run())); // of paused runs too: what is at work ends
    all.forEach(id -> takeUp(id, true, null));
    claimed = List.of();
    engine.capacity.open();
    engine.database.writing(lanes::leftAll);
  }

  /** Goes on with a run from its rows, if it is running; one that cannot go on fails. */
  void takeUp(String id) {
    takeUp(id, false, null);
  }

  /** As takeUp, unless another engine has claimed the run since that claim was read. */
  void takeUp(String id, long claim) {
    takeUp(id, false, claim);
  }

  private synchronized void takeUp(String id, boolean paused, @Nullable Long claim) {
    if (closing || live.containsKey(id)) return;
    var row = engine.database.read(s -> engine.runs.row(s, id)).orElseThrow();
    boolean goesOn =
        row.state() == RunState.RUNNING
            || row.cancelling()
            || paused && row.state() == RunState.PAUSED;
    if (row.state().isFinal() || !goesOn || claim != null && row.claim() != claim) return;
    var otherwise = row.cancelling() ? RunState.CANCELLED : RunState.FAILED;
    try {
      var version = load(row);
      var steps = engine.database.read(s -> engine.steps.rows(s, id));
      var names = new HashSet<String>();
      steps.forEach(step -> names.add(step.name()));
      if (!names.equals(version.pipeline().steps().keySet()))
        throw new Conflict(
            "its steps %s are not those of its definition %s; start it anew"
                .formatted(names, version.pipeline().steps().keySet()));
      var run = new LiveRun(engine, lanes, row, version.pipeline(), version.texts(), steps);
      if (row.cancelling() && !run.hasLast()) {
        endUnfinished(row, RunState.CANCELLED, Stop.CANCELLED.reason);
        return;
      }
      if (row.cancelling()) run.stop(Stop.CANCELLED);
      if (row.state() == RunState.PAUSED) run.hold();
      if (paused) hold(run);
      begin(run);
    } catch (Failure e) {
      endUnfinished(row, otherwise, "it cannot go on: " + e.getMessage());
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "run=%s could not be taken up".formatted(id), e);
      endUnfinished(row, otherwise, "it cannot go on: internal error: " + e);
    }
  }

  /** Counts what the commands have that outlived the engine before, ahead of what begins now. */
  private void hold(LiveRun run) {
    for (var one : adopted) {
      var step = run.pipeline.steps().get(Instances.step(one.step()));
      if (!one.run().equals(run.id) || step == null) continue;
      engine.capacity.hold(
          Capacity.who(run.id, one.step()),
          engine.capacities().wanted(Resources.of(step, run.bound.component(step))));
    }
  }

  /** The run's definition, files and parameters as they were when it began; Conflict if gone. */
  Revision.Version load(RunStore.Row row) {
    var path = row.terms().path();
    var files = row.terms().files();
    var texts =
        files == null
            ? Optional.<Map<String, String>>empty()
            : engine.database.read(s -> engine.files.texts(s, files));
    if (path == null || texts.isEmpty() || !texts.get().containsKey(path))
      throw new Conflict(
          "the project's files as they were at its start are not in the database; start it anew");
    var pipeline = Composition.read(path, texts.get());
    PipelineChecker.check(engine.catalog, pipeline, texts.get());
    return new Revision.Version(pipeline, texts.get(), row.terms().values());
  }

  /** Ends a run that nobody works on, with what of it has not ended. */
  void endUnfinished(RunStore.Row row, RunState state, String reason) {
    engine.database.writing(tx -> endUnfinished(tx, row, state, reason));
    LOG.log(
        Level.INFO,
        "run=%s pipeline=%s state=%s reason=%s"
            .formatted(row.id(), row.pipeline(), state.text(), reason));
  }

  void endUnfinished(Transaction tx, RunStore.Row row, RunState state, String reason) {
    if (!engine.runs.end(tx, row.id(), row.claim(), state, null, reason, engine.now())) return;
    lanes.left(tx, row.lane());
    engine.triggers.runEnded(tx, row.pipeline(), row.id(), state);
    engine.approvals.withdraw(tx, row.id(), null);
    if (!PipelineTests.isTest(row.pipeline())) engine.watcher.runEnded(tx, row.id(), state);
    engine.steps.cancelWaiting(tx, row.id(), reason, engine.now());
    event(tx, row.id(), state.text() + ": " + reason);
  }

  /** Ends a run that waits in line; says whether it did. */
  boolean cancelQueued(String id) {
    return engine.database.write(tx -> {
      var row = engine.runs.row(tx, id);
      if (row.isEmpty() || row.get().state() != RunState.QUEUED) return false;
      endUnfinished(tx, row.get(), RunState.CANCELLED, Stop.CANCELLED.reason);
      return true;
    });
  }

  /** Stops a run whose row says that it was cancelled. */
  void cancelled(String id) {
    find(id).ifPresentOrElse(run -> run.stop(Stop.CANCELLED), () -> takeUp(id));
  }

  void event(Transaction tx, String run, String message) {
    engine.tell(tx, run, null, "state", message, null);
  }

  /** A closing engine begins nothing: the next one does, from the rows. */
  synchronized void begin(LiveRun run) {
    if (closing || live.putIfAbsent(run.id, run) != null) return;
    var end = run.begin();
    ends.put(run.id, end);
    var _ =
        end.whenComplete((_, _) -> {
          live.remove(run.id, run);
          engine.capacity.forget(run.id);
          ends.remove(run.id, end);
        });
  }

  Optional<LiveRun> find(String id) {
    return Optional.ofNullable(live.get(id));
  }

  int count() {
    return live.size();
  }

  boolean isClosing() {
    return closing;
  }

  /** Waits until this engine works on the run no more; at most that long. */
  void await(String id, Duration longest) {
    var end = ends.get(id);
    if (end != null)
      end.handle((_, _) -> true)
          .completeOnTimeout(false, longest.toMillis(), TimeUnit.MILLISECONDS)
          .join();
  }

  /** Stops every step, and waits for them; the runs stay as they are, to be taken up again. */
  void close() {
    // Not in the midst of a take-up, which could go on beside the next engine, and read its claim.
    synchronized (this) {
      closing = true;
    }
    live.values().forEach(run -> run.stop(Stop.CLOSING));
    CompletableFuture.allOf(ends.values().toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, CLOSING.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
