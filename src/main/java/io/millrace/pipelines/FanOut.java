package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A step of a live run that is done many times. When it is ready its instances are written as rows,
 * all in one transaction; those of a search, whose values follow from earlier ones, each when its
 * values are known. From then on they are what is to be done, also for an engine that comes later.
 * A few of them are worked on at a time, the others are rows and nothing else. When all have ended,
 * what they gave is put together.
 */
final class FanOut {
  private static final Logger LOG = System.getLogger(FanOut.class.getName());

  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final Strategy.Many strategy;
  private final @Nullable Trials trials;
  private final StepStore.Row row;
  private final Component component;
  private final FanOutRecord record;

  /** The ends of instances that were taken up at work. */
  private final Map<Integer, CompletableFuture<End>> atWork = new HashMap<>();

  /** Completes when the instances are to stop. */
  private final CompletableFuture<Stop> stop = new CompletableFuture<>();

  FanOut(
      Engine engine,
      LiveRun run,
      StepDefinition step,
      Strategy.Many strategy,
      StepStore.Row row,
      Component component) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.strategy = strategy;
    this.row = row;
    this.component = component;
    this.trials =
        strategy instanceof Strategy.Search search
            ? new Trials(engine.artifacts, search, run.bound.algorithm(search))
            : null;
    this.record = new FanOutRecord(engine, run, step, row);
    var _ = run.stopOf(step).thenAccept(stop::complete);
  }

  /** What a step that ended before gave, with what each of its instances gave. */
  static Outputs restored(Engine engine, LiveRun run, StepDefinition step, Outputs read) {
    if (!Catalog.Bound.isPicked(step)) return read;
    var declared = run.bound.component(step).outputs();
    var each =
        engine.database.read(s -> engine.instances.rows(s, run.id, step.id())).stream()
            .map(one -> Outputs.read(declared, one.step().end().outputs()))
            .toList();
    return new Outputs(read.artifacts(), read.values(), each);
  }

  /** Runs it to its end, which is written; WAITING if it is left to the next engine. */
  StepState run() {
    try {
      return whenReady();
    } catch (Stopped e) {
      settle();
      return stopped(run.stopOf(step).join());
    } catch (Fenced e) {
      LOG.log(Level.INFO, e.getMessage());
      return StepState.INTERRUPTED;
    } catch (Failure e) {
      return fail(String.valueOf(e.getMessage()));
    }
  }

  /** What was taken up has ended, or is left, before the step is. */
  private void settle() {
    atWork.values().forEach(end -> end.handle((_, _) -> true).join());
  }

  private StepState stopped(Stop why) {
    if (why != Stop.CLOSING) return record.end(StepState.CANCELLED, why.reason);
    record.leave();
    return StepState.WAITING;
  }

  private StepState fail(String error) {
    run.failed(step.id(), error);
    return record.end(StepState.FAILED, error);
  }

  private StepState whenReady() {
    var reason = run.unmet(step);
    refuseIfStopped();
    if (reason != null) return record.end(StepState.SKIPPED, reason);
    var condition = step.condition();
    if (condition != null
        && !step.isJudgedByInstance()
        && !Template.holds(condition, run.scope(step)))
      return record.end(StepState.SKIPPED, "its condition is false");
    takeUp();
    return perform(open());
  }

  /**
   * Goes on with instances whose commands outlived the engine which began them: at once, also where
   * the run is paused or another instance has failed.
   */
  private void takeUp() {
    var count = row.instances();
    if (count == null) return;
    for (var one : engine.database.read(s -> engine.instances.rows(s, run.id, step.id()))) {
      if (one.step().begun() == null) continue;
      var end = new CompletableFuture<End>();
      atWork.put(one.index(), end);
      Thread.ofVirtual()
          .name("instance " + run.id + " " + one.step().name())
          .start(() -> {
            try {
              end.complete(execute(one, count));
            } catch (RuntimeException | Error e) {
              end.completeExceptionally(e);
            }
          });
    }
  }

  private void refuseIfStopped() {
    if (run.stopOf(step).isDone()) throw new Stopped();
  }

  /**
   * The instances that there are now.
   *
   * @param count how many there are to be
   */
  private record Opened(int count, List<InstanceStore.Row> rows) {}

  /** The instances, which are written if this is the first time that it is known what they are. */
  private Opened open() {
    var known = row.instances();
    var given =
        known == null && strategy instanceof Strategy.Each each
            ? each.instances(run.scope(step))
            : new ArrayList<ObjectNode>();
    int count = known != null ? known : trials != null ? trials.count() : given.size();
    while (true) {
      run.passGate(run.stopOf(step));
      refuseIfStopped();
      try {
        return engine.database.write(tx -> {
          var there = engine.instances.count(tx, run.id);
          if (known == null && there + count > Strategy.MOST_OF_RUN)
            throw new InvalidInput(
                "%,d instances beside %,d of other steps; a run may have %,d"
                    .formatted(count, there, Strategy.MOST_OF_RUN));
          return new Opened(count, record.open(tx, count, given));
        });
      } catch (Held e) {
        run.hold();
      }
    }
  }

  /** How an instance ended. */
  private record End(StepState state, Outputs outputs, @Nullable JsonNode summary) {}

  private StepState perform(Opened opened) {
    int count = opened.count();
    var ends = new ArrayList<CompletableFuture<End>>();
    for (int i = 0; i < count; i++) ends.add(new CompletableFuture<>());
    var rows = new HashMap<Integer, InstanceStore.Row>();
    int before = 0;
    for (var one : opened.rows()) {
      rows.put(one.index(), one);
      if (trials != null) trials.tries(one.index(), one.values());
      if (!one.step().state().isFinal()) continue;
      before++;
      ends.get(one.index()).complete(scored(one.index(), restored(one.step())));
    }
    var progress = new FanOutProgress(record, count, before);
    var next = new AtomicInteger();
    var broken = new AtomicReference<@Nullable Throwable>();
    var workers = new ArrayList<CompletableFuture<Boolean>>();
    for (int i = 0; i < Math.min(strategy.pace().parallel(), count - before); i++) {
      var done = new CompletableFuture<Boolean>();
      workers.add(done);
      Thread.ofVirtual()
          .name("instances of step " + run.id + " " + step.id())
          .start(() -> {
            try {
              while (!stop.isDone()) {
                int mine = next.getAndIncrement();
                if (mine >= count) break;
                if (ends.get(mine).isDone()) continue;
                var known = rows.get(mine);
                var going = atWork.get(mine);
                var one = known == null ? tried(mine, ends) : known;
                if (one == null) break;
                var end = scored(mine, going == null ? execute(one, count) : going.join());
                ends.get(mine).complete(end);
                progress.ended(end.state());
                if (end.state() == StepState.FAILED && strategy.pace().failFast())
                  stop.complete(Stop.FAILED);
              }
            } catch (RuntimeException | Error e) {
              broken.compareAndSet(null, e);
              stop.complete(Stop.FAILED);
            } finally {
              done.complete(true);
            }
          });
    }
    workers.forEach(CompletableFuture::join);
    settle();
    atWork.forEach((index, end) -> {
      if (!ends.get(index).isDone() && !end.isCompletedExceptionally())
        ends.get(index).complete(scored(index, end.join()));
    });
    var thrown = broken.get();
    if (thrown instanceof Failure failure) throw failure;
    if (thrown instanceof Fenced fenced) throw fenced;
    if (thrown != null)
      throw new IllegalStateException("an instance's end could not be written", thrown);
    return end(ends);
  }

  /** The next trial, once those that its values follow from have ended; null if stopped before. */
  private InstanceStore.@Nullable Row tried(int index, List<CompletableFuture<End>> ends) {
    if (trials == null) throw new IllegalStateException("no row of " + index);
    for (int i = 0; i < trials.needed(index); i++)
      CompletableFuture.anyOf(ends.get(i), stop).join();
    return stop.isDone() ? null : record.add(index, trials.suggest(index));
  }

  /** How one ended under an earlier engine, or before the run was resumed. */
  private End restored(StepStore.Row one) {
    if (one.state() == StepState.FAILED) {
      run.failed(one.name(), String.valueOf(one.end().error()));
      if (strategy.pace().failFast()) stop.complete(Stop.FAILED);
    }
    return new End(
        one.state(), Outputs.read(component.outputs(), one.end().outputs()), one.end().summary());
  }

  private End scored(int index, End end) {
    if (trials != null && end.state().isDone())
      trials.gave(index, Instances.name(step.id(), index), end.outputs(), end.summary());
    return end;
  }

  private End execute(InstanceStore.Row one, int count) {
    var instance = step.instance(one.index(), one.values(), count);
    var state = new StepExecution(engine, run, instance, one.step(), component, stop).run();
    var gave = run.gave.remove(instance.id());
    return gave == null
        ? new End(state, Outputs.NONE, null)
        : new End(state, gave.outputs(), gave.summary());
  }

  private StepState end(List<CompletableFuture<End>> ends) {
    var each = new ArrayList<Outputs>();
    var states = new EnumMap<StepState, Integer>(StepState.class);
    int first = -1;
    for (var future : ends) {
      var end = future.getNow(new End(StepState.WAITING, Outputs.NONE, null));
      if (end.state() == StepState.FAILED && first < 0) first = each.size();
      states.merge(end.state(), 1, Integer::sum);
      each.add(end.outputs());
    }
    if (states.containsKey(StepState.INTERRUPTED)) throw new Fenced(run.id, step.id());
    int failed = states.getOrDefault(StepState.FAILED, 0);
    boolean isOver =
        !states.containsKey(StepState.WAITING) && !states.containsKey(StepState.CANCELLED);
    boolean isLeft = run.stopOf(step).getNow(Stop.FAILED) == Stop.CLOSING && !isOver;
    boolean isLost = trials == null ? failed > 0 : isOver && failed > 0 && trials.best() < 0;
    if (isLost && !isLeft) return fail(failures(first, failed, ends.size()));
    if (!isOver) return stopped(run.stopOf(step).join());
    if (!ends.isEmpty() && states.getOrDefault(StepState.SKIPPED, 0) == ends.size())
      return record.end(StepState.SKIPPED, "its condition is false for each instance");
    var gave =
        trials != null
            ? trials.outputs(each)
            : Gathered.of(engine.artifacts, component.outputs(), each, true);
    boolean isCached = states.containsKey(StepState.CACHED) && !states.containsKey(StepState.RAN);
    var state = isCached ? StepState.CACHED : StepState.RAN;
    var summary = trials == null ? null : trials.summary();
    record.finish(state, gave, summary);
    run.ended(step.id(), gave, summary);
    return state;
  }

  private String failures(int first, int failed, int count) {
    var name = Instances.name(step.id(), first);
    return failed == 1
        ? "instance %s of %,d: %s".formatted(name, count, run.error(name))
        : "%,d of %,d instances failed; the first, %s: %s"
            .formatted(failed, count, name, run.error(name));
  }
}
