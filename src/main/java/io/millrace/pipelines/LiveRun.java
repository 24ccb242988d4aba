package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A run that this engine is working on. Each step has a virtual thread that waits for what it
 * needs; the work itself is done on platform threads, since components call native code for long,
 * which would hold the carriers of virtual threads that the server needs for its requests.
 */
final class LiveRun {
  private static final Logger LOG = System.getLogger(LiveRun.class.getName());

  final String id;
  final PipelineDefinition pipeline;
  final Digest definition;
  final Map<String, JsonNode> params;
  final Map<String, String> texts;
  final boolean useCache;
  final Map<String, Outputs> outputs = new ConcurrentHashMap<>();

  /** Completes when somebody stops the run. */
  final CompletableFuture<Stop> stop = new CompletableFuture<>();

  private final Engine engine;
  private final Map<String, CompletableFuture<StepState>> ends = new LinkedHashMap<>();
  private final Map<String, String> errors = new ConcurrentHashMap<>();
  private final Map<String, String> outcomes = new ConcurrentHashMap<>();
  private final CompletableFuture<RunState> end = new CompletableFuture<>();

  /**
   * @param texts the project's files as they were when the run began
   */
  LiveRun(
      Engine engine,
      String id,
      PipelineDefinition pipeline,
      Digest definition,
      Map<String, JsonNode> params,
      Map<String, String> texts,
      boolean useCache) {
    this.engine = engine;
    this.id = id;
    this.pipeline = pipeline;
    this.definition = definition;
    this.params = Map.copyOf(params);
    this.texts = Map.copyOf(texts);
    this.useCache = useCache;
    for (var step : pipeline.steps().keySet()) ends.put(step, new CompletableFuture<>());
  }

  /** Begins; the future completes when all has ended and is written. */
  CompletableFuture<RunState> begin() {
    for (var step : pipeline.steps().values()) {
      Thread.ofVirtual().name("step " + id + " " + step.id()).start(() -> run(step));
    }
    Thread.ofVirtual().name("run " + id).start(this::finish);
    return end;
  }

  private void run(StepDefinition step) {
    var state = StepState.FAILED;
    try {
      state = new StepExecution(engine, this, step).run();
    } catch (RuntimeException | Error e) {
      // The step's end could not be written, as when the disk is full or the database is closed.
      errors.putIfAbsent(step.id(), "its end could not be written: " + e);
      LOG.log(
          Level.ERROR, "run=%s step=%s its end could not be written".formatted(id, step.id()), e);
    } finally {
      future(step.id()).complete(state);
    }
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

  void ended(String step, Outputs gave, Map<String, JsonNode> summary) {
    outputs.put(step, gave);
    var outcome = summary.get("outcome");
    if (outcome != null && outcome.isTextual() && !outcome.textValue().isBlank())
      outcomes.put(step, outcome.textValue());
  }

  private void finish() {
    var state = RunState.FAILED;
    try {
      boolean allWell = true;
      for (var future : ends.values()) {
        var ended = future.join();
        if (!ended.isDone() && ended != StepState.SKIPPED) allWell = false;
      }
      if (allWell) state = RunState.SUCCEEDED;
      else if (isStopped())
        state = stop.join() == Stop.CANCELLED ? RunState.CANCELLED : RunState.INTERRUPTED;
      write(state);
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
          case FAILED -> first(errors);
          case CANCELLED, INTERRUPTED -> stop.join().reason;
          case SUCCEEDED, RUNNING -> null;
        };
    engine.database.writing(tx -> {
      if (!engine.runs.end(tx, id, state, outcome, error, engine.now())) return;
      engine.triggers.runEnded(tx, pipeline.name(), id, state);
      var detail = outcome != null ? ": " + outcome : error != null ? ": " + error : "";
      engine.events.insert(tx, id, null, "state", state.text() + detail, null, engine.now());
    });
    LOG.log(Level.INFO, "run=%s pipeline=%s state=%s".formatted(id, pipeline.name(), state.text()));
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

  private @Nullable String first(Map<String, String> said) {
    for (var step : pipeline.steps().keySet()) {
      if (said.containsKey(step)) return "step %s: %s".formatted(step, said.get(step));
    }
    return null;
  }
}
