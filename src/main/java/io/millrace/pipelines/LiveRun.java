package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Transaction;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A run that this engine is working on. Each step has a virtual thread that waits for what it
 * needs; the work itself is done on platform threads, since components call native code for long,
 * which would hold the carriers of virtual threads that the server needs for its requests.
 */
final class LiveRun {
  private static final Logger LOG = System.getLogger(LiveRun.class.getName());

  final String id;

  /** The fence: what this writes is refused once the run's claim is another. */
  final long claim;

  final PipelineDefinition pipeline;

  /** The pipeline's, or that and more where it is a test. */
  final String name;

  /** The part of the cache that its steps have; null for that of runs that count. */
  final @Nullable String space;

  final Digest definition;
  final Map<String, JsonNode> params;
  final Map<String, String> texts;
  final boolean useCache;

  /** What its steps use. */
  final Catalog.Bound bound;

  final GraphPlace place = new GraphPlace();

  final Map<String, Outputs> outputs = new ConcurrentHashMap<>();

  /** What instances gave, until that of their step is put together. */
  final Map<String, Gave> gave = new ConcurrentHashMap<>();

  /** What an instance came to. */
  record Gave(Outputs outputs, @Nullable JsonNode summary) {}

  /** Completes when somebody stops the run. */
  private final CompletableFuture<Stop> stop = new CompletableFuture<>();

  /** Completes when its finally steps are to stop too. */
  private final CompletableFuture<Stop> stopLast = new CompletableFuture<>();

  private static final int MOST_TOLD = 1_000;

  private final Engine engine;
  private final Lanes lanes;
  private final @Nullable String lane;
  private final Map<String, StepStore.Row> rows = new LinkedHashMap<>();
  private final Map<String, CompletableFuture<StepState>> ends = new LinkedHashMap<>();

  /** How many events of a step's instances were written. */
  private final Map<String, AtomicInteger> told = new ConcurrentHashMap<>();

  private final Map<String, String> errors = new ConcurrentHashMap<>();
  private final Map<String, String> outcomes = new ConcurrentHashMap<>();
  private final CompletableFuture<RunState> end = new CompletableFuture<>();

  /** Completed while steps may begin. */
  private CompletableFuture<Boolean> gate = CompletableFuture.completedFuture(true);

  /**
   * @param row what it goes by
   * @param texts the project's files as they were when the run began
   * @param steps how far they have come
   */
  LiveRun(
      Engine engine,
      Lanes lanes,
      RunStore.Row row,
      PipelineDefinition pipeline,
      Map<String, String> texts,
      List<StepStore.Row> steps) {
    this.engine = engine;
    this.lanes = lanes;
    this.lane = row.lane();
    this.id = row.id();
    this.claim = row.claim();
    this.pipeline = pipeline;
    this.name = row.pipeline();
    this.space = PipelineTests.isTest(row.pipeline()) ? PipelineTests.SPACE : null;
    this.definition = row.terms().definition();
    this.params = Map.copyOf(row.terms().values());
    this.texts = Map.copyOf(texts);
    this.useCache = row.terms().cache();
    this.bound = engine.catalog.bound(pipeline, this.texts);
    for (var step : steps) {
      rows.put(step.name(), step);
      ends.put(step.name(), new CompletableFuture<>());
    }
  }

  /** Begins, or goes on; the future completes when all has ended and is written, or is left. */
  CompletableFuture<RunState> begin() {
    for (var row : rows.values()) if (row.state().isFinal()) restore(row);
    for (var row : rows.values()) {
      if (row.state().isFinal()) continue;
      Thread.ofVirtual().name("step " + id + " " + row.name()).start(() -> run(row));
    }
    Thread.ofVirtual().name("run " + id).start(this::finish);
    return end;
  }

  /** A step that ended before stays as it is. */
  private void restore(StepStore.Row row) {
    var step = step(row.name());
    if (row.state().isDone()) {
      var declared = bound.outputs(step);
      var read = Outputs.read(declared, row.end().outputs());
      ended(row.name(), FanOut.restored(engine, this, step, read), row.end().summary());
    }
    if (row.state() == StepState.FAILED) failed(row.name(), String.valueOf(row.end().error()));
    future(row.name()).complete(row.state());
  }

  private StepDefinition step(String name) {
    var step = pipeline.steps().get(name);
    if (step == null) throw new IllegalStateException("unchecked: no step " + name);
    return step;
  }

  private void run(StepStore.Row row) {
    var step = step(row.name());
    var state = StepState.FAILED;
    try {
      state = execution(step, row).run();
    } catch (RuntimeException | Error e) {
      // The step's end could not be written, as when the disk is full or the database is closed.
      if (isClosing()) state = StepState.WAITING;
      errors.putIfAbsent(step.id(), "its end could not be written: " + e);
      LOG.log(
          isClosing() ? Level.INFO : Level.ERROR,
          "run=%s step=%s its end could not be written".formatted(id, step.id()),
          e);
    } finally {
      future(step.id()).complete(state);
    }
  }

  private interface Execution {
    StepState run();
  }

  private Execution execution(StepDefinition step, StepStore.Row row) {
    var component = bound.component(step);
    return switch (step.strategy()) {
      case Strategy.Once _, Strategy.Instance _ ->
          new StepExecution(engine, this, step, row, component, stopOf(step))::run;
      case Strategy.Many many -> new FanOut(engine, this, step, many, row, component)::run;
    };
  }

  /** Why the step cannot be done, once all that it waits for has ended; null if it can. */
  @Nullable String unmet(StepDefinition step) {
    @Nullable String reason = null;
    awaitBefore(step.turn());
    for (var need : step.needs().keySet()) {
      var state = await(need);
      boolean must = !step.turn().isLate() || step.after().containsKey(need);
      if (must && reason == null && ApprovalDefinition.isRejected(this, step, need))
        reason = "it needs %s, which was rejected".formatted(need);
      if (must && !state.isDone() && reason == null)
        reason =
            "it needs %s, which %s"
                .formatted(need, state == StepState.SKIPPED ? "was skipped" : state.text());
    }
    if (reason == null && step.turn().isLate() && !stopOf(step).isDone())
      reason = LateStep.reasonToSkip(this, step, scope(step));
    boolean isOne = step.strategy() instanceof Strategy.Instance;
    if (reason == null && space != null && !isOne && bound.component(step).hasEffects())
      reason = "a test has no effects";
    return reason;
  }

  /** What the step's expressions may read, once all that it waits for has ended. */
  Scope scope(StepDefinition step) {
    var scope = step.turn().isLate() ? LateStep.scope(this, step) : new Scope(params, outputs);
    return scope.of(step);
  }

  /** Why a step may not begin now: the run is paused, or another's by now. */
  RuntimeException refusal(Transaction tx, StepDefinition step) {
    var row = engine.runs.row(tx, id);
    return row.isPresent() && row.get().claim() == claim && row.get().state() == RunState.PAUSED
        ? new Held()
        : new Fenced(id, step.id());
  }

  /** Whether an event of an instance may be written: a run's events are for reading. */
  boolean mayTell(String step) {
    return told.computeIfAbsent(step, _ -> new AtomicInteger()).incrementAndGet() <= MOST_TOLD;
  }

  private boolean isClosing() {
    return stopLast.getNow(Stop.CANCELLED) == Stop.CLOSING;
  }

  /** Stops its steps; where it is cancelled, finally steps still have some time. */
  void stop(Stop why) {
    if (why == Stop.CLOSING) stopLast.complete(why);
    stop.complete(why);
    resume(); // Who waits at the gate sees that it is stopped.
    if (why == Stop.CANCELLED)
      stopLast.completeOnTimeout(Stop.OVERDUE, engine.cleanup.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Completes when that step is to stop. */
  CompletableFuture<Stop> stopOf(StepDefinition step) {
    return step.turn() == Turn.FINALLY ? stopLast : stop;
  }

  /** Waits for the end of all steps of the turns before. */
  void awaitBefore(Turn turn) {
    for (var step : pipeline.steps().values()) if (step.turn().isBefore(turn)) await(step.id());
  }

  /** Whether an ordinary step failed; to be asked when they have ended. */
  boolean hasFailed() {
    return pipeline.steps().values().stream()
        .anyMatch(step -> !step.turn().isLate() && await(step.id()) == StepState.FAILED);
  }

  /** Whether there are finally steps that have not ended. */
  boolean hasLast() {
    return pipeline.steps().values().stream()
        .anyMatch(step -> {
          var row = rows.get(step.id());
          return step.turn() == Turn.FINALLY && row != null && !row.state().isFinal();
        });
  }

  /** What the run has come to with the steps of the turns before; null asks of all. */
  RunState reached(@Nullable Turn before) {
    boolean allWell = true;
    for (var step : pipeline.steps().values()) {
      if (before != null && !step.turn().isBefore(before)) continue;
      var ended = await(step.id());
      if (!ended.isFinal()) return RunState.RUNNING;
      if (!ended.isDone() && ended != StepState.SKIPPED) allWell = false;
    }
    if (allWell) return RunState.SUCCEEDED;
    return isStopped() && !isClosing() ? RunState.CANCELLED : RunState.FAILED;
  }

  /** No step begins from now on, until it is resumed. */
  synchronized void pause() {
    if (gate.isDone()) gate = new CompletableFuture<>();
  }

  synchronized void resume() {
    gate.complete(true);
  }

  /** Closes the gate, unless the run is running after all. */
  void hold() {
    pause();
    openIfRunning();
  }

  void openIfRunning() {
    var state = engine.database.read(s -> engine.runs.state(s, id));
    if (state.isEmpty() || state.get() != RunState.PAUSED) resume();
  }

  private synchronized CompletableFuture<Boolean> gate() {
    return gate;
  }

  /** Waits while the run is paused, or until stopped. */
  void passGate(CompletableFuture<Stop> stopped) {
    CompletableFuture.anyOf(gate(), stopped).join();
  }

  /** How that step ended, once it has. */
  StepState await(String step) {
    return future(step).join();
  }

  private CompletableFuture<StepState> future(String step) {
    var future = ends.get(step);
    if (future == null) throw new IllegalStateException("unchecked: no step " + step);
    return future;
  }

  boolean isStopped() {
    return stop.isDone();
  }

  void failed(String step, String error) {
    errors.put(step, error);
  }

  /** Why an instance failed. */
  String error(String instance) {
    return errors.getOrDefault(instance, "it failed");
  }

  void ended(String step, Outputs gave, @Nullable JsonNode summary) {
    if (Instances.isName(step)) {
      this.gave.put(step, new Gave(gave, summary));
      return;
    }
    outputs.put(step, gave);
    @Nullable JsonNode outcome = summary == null ? null : summary.get("outcome");
    if (outcome != null && outcome.isTextual() && !outcome.textValue().isBlank())
      outcomes.put(step, outcome.textValue());
  }

  private void finish() {
    var state = RunState.FAILED;
    try {
      ends.values().forEach(CompletableFuture::join);
      state = reached(null);
      if (state.isFinal()) write(state);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "run=%s its end could not be written".formatted(id), e);
    } finally {
      engine.signals.happened(id);
      end.complete(state);
    }
  }

  private void write(RunState state) {
    var outcome = state == RunState.SUCCEEDED ? last(outcomes) : null;
    var error =
        switch (state) {
          case FAILED -> error();
          case CANCELLED -> stop.join().reason;
          case SUCCEEDED, QUEUED, RUNNING, PAUSED, INTERRUPTED -> null;
        };
    boolean written =
        engine.database.write(tx -> {
          if (!engine.runs.end(tx, id, claim, state, outcome, error, engine.now())) return false;
          lanes.left(tx, lane);
          engine.triggers.runEnded(tx, name, id, state);
          if (space == null) engine.watcher.runEnded(tx, id, state);
          var detail = outcome != null ? ": " + outcome : error != null ? ": " + error : "";
          engine.events.insert(tx, id, null, "state", state.text() + detail, null, engine.now());
          return true;
        });
    if (written)
      LOG.log(
          Level.INFO, "run=%s pipeline=%s state=%s".formatted(id, pipeline.name(), state.text()));
  }

  /**
   * The outcome of the step furthest down the pipeline, by the order of the file where two are as
   * far.
   */
  private @Nullable String last(Map<String, String> said) {
    @Nullable String last = null;
    int deepest = -1;
    var depths = depths();
    for (var step : pipeline.steps().keySet()) {
      int depth = depths.getOrDefault(step, 0);
      if (said.containsKey(step) && depth >= deepest) {
        deepest = depth;
        last = said.get(step);
      }
    }
    return last;
  }

  private Map<String, Integer> depths() {
    var depths = new LinkedHashMap<String, Integer>();
    for (var step : pipeline.steps().values()) depth(step, depths);
    return depths;
  }

  private int depth(StepDefinition step, Map<String, Integer> depths) {
    var known = depths.get(step.id());
    if (known != null) return known;
    int depth = 0;
    for (var need : step.needs().keySet()) {
      var needed = pipeline.steps().get(need);
      if (needed != null) depth = Math.max(depth, 1 + depth(needed, depths));
    }
    depths.put(step.id(), depth);
    return depth;
  }

  /** The first failure, those of ordinary steps before others. */
  @Nullable String error() {
    for (var turn : Turn.values())
      for (var step : pipeline.steps().values())
        if (step.turn() == turn && errors.containsKey(step.id()))
          return "step %s: %s".formatted(step.id(), errors.get(step.id()));
    return null;
  }
}
