package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One step of one live run, from waiting to its end. Its attempt has number 1, as nothing is
 * retried yet; the database lets it end the step only while nobody has raised that number (see
 * RunStore.interrupt).
 */
final class StepExecution {
  private static final Logger LOG = System.getLogger(StepExecution.class.getName());
  private static final int ATTEMPT = 1;
  private static final int MOST_PREPARATIONS = 3;

  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final Component component;
  private final StepGraph graph;
  private final StepLog log;
  private @Nullable ExecutionId execution;

  StepExecution(Engine engine, LiveRun run, StepDefinition step) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.component = engine.catalog.bound(run.pipeline, run.texts).component(step);
    this.graph = new StepGraph(engine.metadata, run, step);
    this.log = new StepLog(engine.log(run.id, step.id()), engine.clock);
  }

  /** What went into the step, once that is known. */
  private record Ready(Given given, Map<String, ArtifactRef> pins, @Nullable StepKey key) {}

  /** Runs it to its end, which is written. */
  StepState run() {
    try (log) {
      return whenReady();
    } catch (Stopped e) {
      var stop = run.stop.join();
      return end(stop.state, stop.reason);
    } catch (Fenced e) {
      LOG.log(Level.INFO, e.getMessage());
      return StepState.INTERRUPTED;
    } catch (Failure e) {
      return fail(String.valueOf(e.getMessage()));
    } catch (Exception | Error e) {
      LOG.log(Level.ERROR, "run=%s step=%s unexpected failure".formatted(run.id, step.id()), e);
      return fail("internal error: %s; see server.log in the server's data folder".formatted(e));
    }
  }

  private StepState whenReady() throws Exception {
    @Nullable String reason = null;
    for (var need : step.needs().keySet()) {
      var state = run.await(need);
      if (!state.isDone() && reason == null)
        reason =
            "it needs %s, which %s"
                .formatted(need, state == StepState.SKIPPED ? "was skipped" : state.text());
    }
    if (run.isStopped()) throw new Stopped();
    if (reason != null) return end(StepState.SKIPPED, reason);
    var scope = new Scope(run.params, run.outputs);
    if (step.condition() != null && !holds(step.condition(), scope))
      return end(StepState.SKIPPED, "its condition is false");
    return perform(ready(scope));
  }

  private static boolean holds(Template condition, Scope scope) {
    var value = condition.evaluate(scope);
    if (!value.isBoolean())
      throw condition
          .place()
          .invalid("if: the expression gives %s, expected true or false".formatted(value));
    return value.booleanValue();
  }

  private Ready ready(Scope scope) {
    var given = Given.of(step, component, scope, run.texts);
    component.check(given.values());
    var pins = engine.database.read(s -> component.pins(s, given.values(), given.artifacts()));
    try {
      return new Ready(given, pins, StepKey.of(component, engine.program, given, pins));
    } catch (Failure e) {
      // A key that lacks a part could find another step's result, so there is none.
      event(
          "warning",
          "runs without the cache: its key cannot be computed (%s)".formatted(e.getMessage()),
          null);
      return new Ready(given, pins, null);
    }
  }

  private StepState perform(Ready ready) throws Exception {
    if (ready.key() == null || !run.useCache || !step.cached()) return work(ready);
    var key = ready.key().digest();
    while (true) {
      var mine = new CompletableFuture<Boolean>();
      var other = engine.flights.putIfAbsent(key, mine);
      if (other != null) {
        CompletableFuture.anyOf(other, run.stop).join();
        if (run.isStopped()) throw new Stopped();
        continue;
      }
      try {
        var found =
            engine.database.read(s -> engine.cache.find(s, key)).filter(engine.cache::isWhole);
        if (found.isEmpty()) return work(ready);
        return reuse(ready, found.get());
      } finally {
        engine.flights.remove(key, mine);
        mine.complete(true);
      }
    }
  }

  /** Takes an earlier result; effects of it that are gone are made true again. */
  private StepState reuse(Ready ready, Result result) throws Exception {
    var cached =
        engine.database.<Optional<Outputs>>write(tx -> {
          var outputs = PreparedEffects.standing(engine, tx, result.effects());
          if (outputs == null) return Optional.empty();
          var begun = begin(tx, ready);
          var gave = outputs(result, outputs);
          finish(tx, begun, StepState.CACHED, ExecutionState.CACHED, result, gave);
          return Optional.of(gave);
        });
    if (cached.isPresent()) return done(StepState.CACHED, result, cached.get());
    return inSlot(() -> {
      begin(ready);
      log.line("taken from the cache, but an effect of it is gone: made true again");
      return publish(result, () -> prepare(result), () -> {}, ready, false);
    });
  }

  private StepState work(Ready ready) throws Exception {
    return inSlot(() -> {
      begin(ready);
      var folder = engine.attempts().resolve(run.id).resolve("%s-%d".formatted(step.id(), ATTEMPT));
      Files.createDirectories(folder);
      var attempt =
          new Attempt(
              run.id,
              step.id(),
              ready.given(),
              ready.pins(),
              folder,
              log,
              this::progress,
              () -> engine.tracker.open(run.pipeline.name(), run.id, step.id()));
      boolean succeeded = false;
      try {
        var state = attempt(ready, attempt);
        succeeded = true;
        return state;
      } finally {
        close(attempt, succeeded);
        Folders.delete(folder);
      }
    });
  }

  private StepState attempt(Ready ready, Attempt attempt) throws Exception {
    var result =
        Work.run(
            "step " + run.id + " " + step.id(),
            () -> component.run(attempt),
            run.stop,
            step.timeout(),
            attempt::cancel,
            _ -> {});
    check(result);
    return publish(result, () -> prepare(result), attempt::cancel, ready, true);
  }

  private interface Preparation {
    PreparedEffects prepare() throws Exception;
  }

  private PreparedEffects prepare(Result result) throws Exception {
    return PreparedEffects.prepare(engine, result.effects());
  }

  /**
   * Ends the step: its state, its artifacts and lineage, its cache entry and its effects, all in
   * one transaction.
   */
  private StepState publish(
      Result result, Preparation preparation, Runnable cancel, Ready ready, boolean isNew)
      throws Exception {
    for (int tries = 1; ; tries++) {
      var name = "effects " + run.id + " " + step.id();
      var noEffects = result.effects().isEmpty();
      try (var effects =
          noEffects
              ? preparation.prepare()
              : Work.run(
                  name,
                  preparation::prepare,
                  run.stop,
                  step.timeout(),
                  cancel,
                  PreparedEffects::close)) {
        if (run.isStopped()) throw new Stopped();
        var gave =
            engine.database.write(tx -> {
              var begun = Objects.requireNonNull(execution);
              var made = engine.triggers.causedBy(run.id, tx, () -> effects.apply(tx, begun));
              var outputs = outputs(result, made);
              if (isNew && ready.key() != null)
                engine.cache.replace(
                    tx,
                    ready.key().digest(),
                    component.name(),
                    result,
                    run.id,
                    step.id(),
                    engine.now());
              finish(tx, begun, StepState.RAN, ExecutionState.COMPLETE, result, outputs);
              return outputs;
            });
        return done(StepState.RAN, result, gave);
      } catch (PreparedEffects.Gone e) {
        if (tries == MOST_PREPARATIONS) throw e;
      }
    }
  }

  private Outputs outputs(Result result, Map<String, JsonNode> ofEffects) {
    var values = new HashMap<>(result.values());
    values.putAll(ofEffects);
    return new Outputs(result.artifacts(), values);
  }

  private void begin(Ready ready) {
    execution = engine.database.write(tx -> begin(tx, ready));
  }

  private ExecutionId begin(Transaction tx, Ready ready) {
    var begun = graph.begin(tx, ready.given(), ready.pins(), ready.key());
    if (!engine.runs.begin(tx, run.id, step.id(), ATTEMPT, begun, ready.key(), engine.now()))
      throw new Fenced(run.id, step.id());
    event(tx, "state", "running", null);
    return begun;
  }

  private void finish(
      Transaction tx,
      ExecutionId begun,
      StepState state,
      ExecutionState inGraph,
      Result result,
      Outputs gave) {
    var summary = Json.object();
    summary.setAll(result.summary());
    graph.end(tx, begun, inGraph, gave.artifacts(), Json.object());
    var end = new RunStore.StepEnd(json(gave), summary, null);
    if (!engine.runs.end(tx, run.id, step.id(), ATTEMPT, state, end, engine.now()))
      throw new Fenced(run.id, step.id());
    event(tx, "state", state.text(), null);
  }

  private static ObjectNode json(Outputs outputs) {
    var json = Json.object();
    outputs
        .artifacts()
        .forEach((name, ref) ->
            json.putObject(name).put("type", ref.type().name()).put("digest", ref.digest().hex()));
    json.setAll(outputs.values());
    return json;
  }

  private StepState done(StepState state, Result result, Outputs gave) {
    run.ended(step.id(), gave, result.summary());
    return state;
  }

  private StepState fail(String error) {
    run.failed(step.id(), error);
    var state = end(StepState.FAILED, error);
    log(error);
    return state;
  }

  /** Ends it without a result. */
  private StepState end(StepState state, String reason) {
    var begun = execution;
    engine.database.writing(tx -> {
      int attempt = begun == null ? 0 : ATTEMPT;
      if (!engine.runs.end(
          tx, run.id, step.id(), attempt, state, RunStore.StepEnd.because(reason), engine.now()))
        return;
      if (begun != null) {
        var inGraph = state == StepState.FAILED ? ExecutionState.FAILED : ExecutionState.CANCELLED;
        graph.end(tx, begun, inGraph, Map.of(), Json.object().put("reason", reason));
      }
      event(tx, "state", "%s: %s".formatted(state.text(), reason), null);
    });
    return state;
  }

  /** What a component returns must be what it declared, and in the store. */
  private void check(Result result) {
    var declared = new HashMap<String, ValueType>();
    component.outputs().forEach(output -> declared.put(output.name(), output.type()));
    result
        .artifacts()
        .forEach((name, ref) -> {
          if (declared.get(name) != ref.type())
            throw new IllegalStateException(
                "%s returned %s as %s".formatted(component.name(), ref.type(), name));
          if (!engine.cache.isWhole(ref))
            throw new IllegalStateException(
                "%s returned %s, which is not in the store whole"
                    .formatted(component.name(), name));
        });
    result
        .values()
        .forEach((name, value) -> {
          var type = declared.get(name);
          if (type == null || !ValueChecks.fits(type, value))
            throw new IllegalStateException(
                "%s returned %s as %s".formatted(component.name(), value, name));
        });
  }

  private interface Slotted {
    StepState run() throws Exception;
  }

  private StepState inSlot(Slotted work) throws Exception {
    var slot = engine.slots.take();
    try {
      CompletableFuture.anyOf(slot.granted(), run.stop).join();
      if (run.isStopped()) throw new Stopped();
      return work.run();
    } finally {
      engine.slots.abandon(slot);
    }
  }

  private void close(Attempt attempt, boolean succeeded) {
    try {
      attempt.end(succeeded);
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "run=%s step=%s its experiment run could not be closed".formatted(run.id, step.id()),
          e);
    }
  }

  /** A log that cannot be written, as on a full disk, does not change how the step ended. */
  private void log(String text) {
    try (var last = new StepLog(engine.log(run.id, step.id()), engine.clock)) {
      last.line(text);
    } catch (UncheckedIOException e) {
      LOG.log(
          Level.WARNING,
          "run=%s step=%s its log could not be written: %s".formatted(run.id, step.id(), e));
    }
  }

  private void progress(String doing, double share) {
    event("progress", doing, Double.isFinite(share) ? Math.clamp(share, 0, 1) : null);
  }

  private void event(String type, String message, @Nullable Double share) {
    engine.database.writing(tx -> event(tx, type, message, share));
  }

  private void event(Transaction tx, String type, String message, @Nullable Double share) {
    engine.events.insert(tx, run.id, step.id(), type, message, share, engine.now());
    tx.afterCommit(() -> engine.signals.happened(run.id));
  }
}
