package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.Snapshot;
import io.millrace.metadata.ExecutionId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One step of one live run, from waiting to its end, over as many attempts as it takes. What it
 * comes to is written by its StepRecord.
 */
final class StepExecution {
  private static final Logger LOG = System.getLogger(StepExecution.class.getName());
  private static final int MOST_PREPARATIONS = 3;

  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final StepStore.Row row;
  private final Component component;
  private final StepRecord record;

  /** Completes when this step is to stop. */
  private final CompletableFuture<Stop> stop;

  /**
   * @param step a step that is done once, or an instance
   * @param stop completes when it is to stop
   */
  StepExecution(
      Engine engine,
      LiveRun run,
      StepDefinition step,
      StepStore.Row row,
      Component component,
      CompletableFuture<Stop> stop) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.row = row;
    this.component = component;
    this.record = new StepRecord(engine, run, step, row);
    this.stop = stop;
  }

  /** What went into the step, once that is known. */
  record Ready(Given given, Map<String, ArtifactRef> pins, @Nullable StepKey key) {}

  /** Runs it to its end, which is written; WAITING if it is left to the next engine. */
  StepState run() {
    try {
      return whenReady();
    } catch (Stopped e) {
      return stopped(stop.join());
    } catch (Fenced e) {
      LOG.log(Level.INFO, e.getMessage());
      return StepState.INTERRUPTED;
    } catch (Exception | Error e) {
      return fail(e);
    } finally {
      record.log().close();
    }
  }

  private StepState stopped(Stop why) {
    return switch (why) {
      case CANCELLED, OVERDUE, FAILED -> record.end(StepState.CANCELLED, why.reason, null);
      case CLOSING -> {
        if (!isLeftAtWork()) record.leave(why.reason);
        yield StepState.WAITING;
      }
    };
  }

  /** Whether the engine closes and the command goes on without it, for the next one to take up. */
  private boolean isLeftAtWork() {
    return component.outlives() && record.hasBegun() && stop.getNow(Stop.CANCELLED) == Stop.CLOSING;
  }

  private void refuseIfStopped() {
    if (stop.isDone()) throw new Stopped();
  }

  private StepState whenReady() throws Exception {
    var reason = run.unmet(step);
    var begun = row.begun();
    // A command that works on is taken up even to be stopped, or it would never end.
    if (begun != null && stop.getNow(Stop.CANCELLED) != Stop.CLOSING)
      return adopt(run.scope(step), begun);
    refuseIfStopped();
    if (reason != null) return record.end(StepState.SKIPPED, reason, null);
    var scope = run.scope(step);
    if (step.condition() != null && !Template.holds(step.condition(), scope))
      return record.end(StepState.SKIPPED, "its condition is false", null);
    waitUntil(row.notBefore());
    return performUntilDone(scope);
  }

  private StepState performUntilDone(Scope scope) throws Exception {
    while (true) {
      try {
        return perform(scope);
      } catch (Stopped | Fenced e) {
        throw e;
      } catch (Exception | Error e) {
        waitUntil(again(e));
      }
    }
  }

  /** Goes on with a command that outlived the engine which began it. */
  private StepState adopt(Scope scope, StepStore.Begun begun) throws Exception {
    record.adopt(begun.execution());
    try {
      return takenUp(scope, begun);
    } catch (Stopped | Fenced e) {
      throw e;
    } catch (CommandLost e) {
      record.leave("the server stopped, and its command is gone");
    } catch (Exception | Error e) {
      waitUntil(again(e));
    }
    return performUntilDone(scope);
  }

  /** What it takes it has had all along. */
  private StepState takenUp(Scope scope, StepStore.Begun begun) throws Exception {
    var taken = engine.capacities().wanted(Resources.of(step, component));
    var claim = engine.capacity.held(Capacity.who(run.id, step.id()), taken);
    try {
      return work(ready(scope), begun);
    } finally {
      engine.capacity.give(claim);
    }
  }

  /** Waits without holding anything. */
  private void waitUntil(@Nullable Instant notBefore) {
    if (notBefore == null) return;
    long millis = Duration.between(engine.now(), notBefore).toMillis();
    if (millis > 0)
      stop.thenApply(_ -> true).completeOnTimeout(false, millis, TimeUnit.MILLISECONDS).join();
    refuseIfStopped();
  }

  /** Notes that another attempt follows, and when; throws what was thrown where none does. */
  private Instant again(Throwable thrown) throws Exception {
    var why = ErrorClass.of(thrown);
    int failed = record.failures() + 1;
    if (!record.hasBegun() || !step.retry().allows(failed, thrown)) {
      if (thrown instanceof Exception e) throw e;
      throw (Error) thrown;
    }
    var wait = step.retry().pause(failed, ThreadLocalRandom.current().nextDouble());
    var reason = reason(thrown);
    var notBefore = engine.now().plus(wait);
    record.again(
        reason,
        why,
        notBefore,
        "waiting: attempt %d failed (%s): %s; the next begins in %s"
            .formatted(record.attempt(), why.text(), reason, text(wait)));
    return notBefore;
  }

  private static String text(Duration wait) {
    return "%.1f s".formatted(wait.toMillis() / 1000.0);
  }

  private String reason(Throwable thrown) {
    if (thrown instanceof Failure
        || thrown instanceof TimedOut
        || thrown instanceof CommandFailed
        || thrown instanceof CommandLost) return String.valueOf(thrown.getMessage());
    LOG.log(Level.ERROR, "run=%s step=%s unexpected failure".formatted(run.id, step.id()), thrown);
    return "internal error: %s; see server.log in the server's data folder".formatted(thrown);
  }

  private StepState perform(Scope scope) throws Exception {
    while (true) {
      run.passGate(stop);
      refuseIfStopped();
      try {
        return perform(ready(scope));
      } catch (Held e) {
        run.hold();
      }
    }
  }

  private Ready ready(Scope scope) {
    var asked = Given.of(step, component, scope, run.texts);
    component.check(asked.values());
    var settled = engine.database.read(s -> settled(s, asked));
    var given = settled.given();
    var pins = settled.pins();
    try {
      return new Ready(given, pins, StepKey.of(component, engine.program, given, pins, run.space));
    } catch (Failure e) {
      // A key that lacks a part could find another step's result, so there is none.
      record.event(
          "warning",
          "runs without the cache: its key cannot be computed (%s)".formatted(e.getMessage()),
          null);
      return new Ready(given, pins, null);
    }
  }

  private Ready settled(Snapshot s, Given asked) {
    var given = asked.settled(s, step, component, record.pinned(s));
    var samples =
        run.space == null ? Map.<String, ArtifactRef>of() : engine.tests.samples(s, run.id);
    return new Ready(given, component.pins(s, given.values(), given.artifacts(), samples), null);
  }

  /** Waits for a decision, without a slot; the step begins and ends with it. */
  private StepState decided(Ready ready) {
    var row = engine.approvals.await(record, run, step, ready, stop);
    var decision = row.approval();
    boolean approved = Boolean.TRUE.equals(decision.approved());
    var comment = String.valueOf(decision.comment());
    var summary = new LinkedHashMap<String, JsonNode>();
    summary.put("decision", Json.tree(decision.text()));
    if (!comment.isEmpty()) summary.put("comment", Json.tree(comment));
    if (!approved) summary.put("outcome", Json.tree(decision.text()));
    var result =
        new Result(
            Map.of(),
            Map.of(ApprovalDefinition.APPROVED, Json.tree(approved), "comment", Json.tree(comment)),
            List.of(),
            summary);
    var gave = outputs(result, Map.of());
    engine.database.writing(tx -> record.conclude(tx, ready, row.execution(), result, gave));
    return done(StepState.RAN, result, gave);
  }

  private StepState perform(Ready ready) throws Exception {
    if (step.approval().isPresent()) return decided(ready);
    if (ready.key() == null || !run.useCache || !step.cached() || row.fresh()) return work(ready);
    var key = ready.key().digest();
    while (true) {
      var mine = new CompletableFuture<Boolean>();
      var other = engine.flights.putIfAbsent(key, mine);
      if (other != null) {
        CompletableFuture.anyOf(other, stop).join();
        refuseIfStopped();
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

  private record Cached(ExecutionId execution, Outputs outputs) {}

  /** Takes an earlier result; effects of it that are gone are made true again. */
  private StepState reuse(Ready ready, Result result) throws Exception {
    int number = record.attempt() + 1;
    var cached =
        engine.database.<Optional<Cached>>write(tx -> {
          var outputs = PreparedEffects.standing(engine, tx, result.effects());
          if (outputs == null) return Optional.empty();
          var begun = record.beginSilently(tx, ready);
          var gave = outputs(result, outputs);
          record.finish(tx, number, begun, StepState.CACHED, result, gave);
          return Optional.of(new Cached(begun, gave));
        });
    if (cached.isPresent()) {
      record.begun(cached.get().execution());
      return done(StepState.CACHED, result, cached.get().outputs());
    }
    return inSlot(() -> {
      record.begin(ready);
      record.log().line("taken from the cache, but an effect of it is gone: made true again");
      return publish(result, () -> prepare(result), () -> {}, ready, false);
    });
  }

  private StepState work(Ready ready) throws Exception {
    return inSlot(() -> {
      record.begin(ready);
      return work(ready, null);
    });
  }

  /**
   * @param adopted where the attempt was begun by an engine before this one
   */
  private StepState work(Ready ready, StepStore.@Nullable Begun adopted) throws Exception {
    var folder = engine.attempts().resolve(Engine.command(run.id, step.id(), record.attempt()));
    var attempt =
        new Attempt(
            run.id,
            step.id(),
            ready.given(),
            ready.pins(),
            folder,
            record.log(),
            record::progress,
            () ->
                adopted == null
                    ? engine.tracker.open(run.name, run.id, step.id())
                    : engine.tracker.reopen(run.name, run.id, step.id()));
    boolean succeeded = false;
    try {
      if (adopted != null) attempt.run(); // so that it is closed
      var state = attempt(ready, attempt, adopted);
      succeeded = true;
      return state;
    } finally {
      if (!isLeftAtWork()) {
        close(attempt, succeeded);
        Folders.delete(folder);
      }
    }
  }

  private StepState attempt(Ready ready, Attempt attempt, StepStore.@Nullable Begun adopted)
      throws Exception {
    var result =
        Work.run(
            "step " + run.id + " " + step.id(),
            () -> component.run(attempt),
            stop,
            step.timeout(),
            adopted == null ? Duration.ZERO : Duration.between(adopted.at(), engine.now()),
            () -> {
              if (!isLeftAtWork()) attempt.cancel();
            },
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
                  stop,
                  step.timeout(),
                  Duration.ZERO,
                  cancel,
                  PreparedEffects::close)) {
        refuseIfStopped();
        var gave =
            engine.database.write(tx -> {
              var begun = record.execution();
              var made =
                  noEffects
                      ? Map.<String, JsonNode>of()
                      : engine.triggers.causedBy(run.id, tx, () -> effects.apply(tx, begun));
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
              record.finish(tx, record.attempt(), begun, StepState.RAN, result, outputs);
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

  private StepState done(StepState state, Result result, Outputs gave) {
    run.ended(step.id(), gave, Json.tree(result.summary()));
    return state;
  }

  private StepState fail(Throwable thrown) {
    var error = reason(thrown);
    run.failed(step.id(), error);
    var state = record.end(StepState.FAILED, error, ErrorClass.of(thrown));
    record.log(error);
    return state;
  }

  /** What a component returns must be what it declared, and in the store. */
  private void check(Result result) {
    if (run.space != null) PipelineTests.refuseEffects(component, result);
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

  /** Works once it has what it takes; 1 core where it says nothing. */
  private StepState inSlot(Slotted work) throws Exception {
    var resources = Resources.of(step, component);
    var unfit = engine.capacities().unfit(resources);
    if (unfit.isPresent()) throw new Refused(unfit.get());
    var who = Capacity.who(run.id, step.id());
    var claim = engine.capacity.take(who, engine.capacities().wanted(resources));
    try {
      if (resources.isAsked())
        engine
            .capacity
            .missing(who)
            .ifPresent(missing -> record.event("state", "waiting: " + missing, null));
      CompletableFuture.anyOf(claim.granted(), stop).join();
      refuseIfStopped();
      return work.run();
    } finally {
      engine.capacity.give(claim);
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
}
