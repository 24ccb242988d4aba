package io.millrace.pipelines;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A step of a live run that is done once for each of a list. When it is ready its instances are
 * written as rows, all in one transaction; from then on they are what is to be done, also for an
 * engine that comes later. A few of them are worked on at a time, the others are rows and nothing
 * else. When all have ended, what they gave is put together.
 */
final class FanOut {
  private static final Logger LOG = System.getLogger(FanOut.class.getName());

  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final Strategy.Each strategy;
  private final StepStore.Row row;
  private final Component component;
  private final FanOutRecord record;

  /** Completes when the instances are to stop. */
  private final CompletableFuture<Stop> stop = new CompletableFuture<>();

  FanOut(
      Engine engine,
      LiveRun run,
      StepDefinition step,
      Strategy.Each strategy,
      StepStore.Row row,
      Component component) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.strategy = strategy;
    this.row = row;
    this.component = component;
    this.record = new FanOutRecord(engine, run, step, row);
    var _ = run.stop.thenAccept(stop::complete);
  }

  /** What a step that ended before gave, with what each of its instances gave. */
  static Outputs restored(Engine engine, LiveRun run, StepDefinition step, Outputs read) {
    if (!Catalog.Bound.isPicked(step)) return read;
    var declared = engine.catalog.bound(run.pipeline, run.texts).component(step).outputs();
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
      return stopped(run.stop.join());
    } catch (Fenced e) {
      LOG.log(Level.INFO, e.getMessage());
      return StepState.INTERRUPTED;
    } catch (Failure e) {
      return fail(String.valueOf(e.getMessage()));
    }
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
    if (condition != null && !step.isJudgedByInstance() && !Template.holds(condition, run.scope()))
      return record.end(StepState.SKIPPED, "its condition is false");
    return perform(open());
  }

  private void refuseIfStopped() {
    if (run.isStopped()) throw new Stopped();
  }

  /** The instances, which are written if this is the first time that it is known what they are. */
  private List<InstanceStore.Row> open() {
    var given =
        row.instances() == null ? strategy.instances(run.scope()) : new ArrayList<ObjectNode>();
    while (true) {
      run.passGate(run.stop);
      refuseIfStopped();
      try {
        return engine.database.write(tx -> {
          var there = engine.instances.count(tx, run.id);
          if (there + given.size() > Strategy.MOST_OF_RUN)
            throw new InvalidInput(
                "%,d instances beside %,d of other steps; a run may have %,d"
                    .formatted(given.size(), there, Strategy.MOST_OF_RUN));
          return record.open(tx, given);
        });
      } catch (Held e) {
        run.hold();
      }
    }
  }

  /** How an instance ended; null while it has not. */
  private record End(StepState state, Outputs outputs) {}

  private StepState perform(List<InstanceStore.Row> rows) {
    var ends = new AtomicReferenceArray<@Nullable End>(rows.size());
    var open = new ArrayList<InstanceStore.Row>();
    for (var one : rows) {
      if (one.step().state().isFinal()) ends.set(one.index(), restored(one.step()));
      else open.add(one);
    }
    var progress = new FanOutProgress(record, rows.size(), rows.size() - open.size());
    var next = new AtomicInteger();
    var broken = new AtomicReference<@Nullable Throwable>();
    var workers = new ArrayList<CompletableFuture<Boolean>>();
    for (int i = 0; i < Math.min(strategy.pace().parallel(), open.size()); i++) {
      var done = new CompletableFuture<Boolean>();
      workers.add(done);
      Thread.ofVirtual()
          .name("instances of step " + run.id + " " + step.id())
          .start(() -> {
            try {
              while (!stop.isDone()) {
                int mine = next.getAndIncrement();
                if (mine >= open.size()) break;
                var one = open.get(mine);
                var end = execute(one, rows.size());
                ends.set(one.index(), end);
                progress.ended(end.state());
                if (end.state() == StepState.FAILED && strategy.pace().failFast())
                  stop.complete(Stop.FAILED);
              }
            } catch (RuntimeException | Error e) {
              broken.compareAndSet(null, e);
            } finally {
              done.complete(true);
            }
          });
    }
    workers.forEach(CompletableFuture::join);
    var thrown = broken.get();
    if (thrown != null)
      throw new IllegalStateException("an instance's end could not be written", thrown);
    return end(ends);
  }

  /** How one ended under an earlier engine, or before the run was resumed. */
  private End restored(StepStore.Row one) {
    if (one.state() == StepState.FAILED) {
      run.failed(one.name(), String.valueOf(one.end().error()));
      if (strategy.pace().failFast()) stop.complete(Stop.FAILED);
    }
    return new End(one.state(), Outputs.read(component.outputs(), one.end().outputs()));
  }

  private End execute(InstanceStore.Row one, int count) {
    var instance = step.instance(one.index(), one.values(), count);
    var state = new StepExecution(engine, run, instance, one.step(), component, stop).run();
    var gave = run.gave.remove(instance.id());
    return new End(state, gave == null ? Outputs.NONE : gave);
  }

  private StepState end(AtomicReferenceArray<@Nullable End> ends) {
    int ran = 0;
    int cached = 0;
    int skipped = 0;
    int failed = 0;
    int first = -1;
    boolean isOver = true;
    for (int i = 0; i < ends.length(); i++) {
      var end = ends.get(i);
      if (end == null) {
        isOver = false;
        continue;
      }
      switch (end.state()) {
        case RAN -> ran++;
        case CACHED -> cached++;
        case SKIPPED -> skipped++;
        case FAILED -> {
          failed++;
          if (first < 0) first = i;
        }
        case INTERRUPTED -> throw new Fenced(run.id, step.id());
        case WAITING, RUNNING, CANCELLED -> isOver = false;
      }
    }
    if (failed > 0 && run.stop.getNow(Stop.FAILED) != Stop.CLOSING)
      return fail(failures(first, failed, ends.length()));
    if (!isOver) return stopped(run.stop.join());
    if (skipped == ends.length() && skipped > 0)
      return record.end(StepState.SKIPPED, "its condition is false for each instance");
    var each = new ArrayList<Outputs>();
    for (int i = 0; i < ends.length(); i++) {
      var end = ends.get(i);
      each.add(end == null ? Outputs.NONE : end.outputs());
    }
    var gave = Gathered.of(engine.artifacts, component.outputs(), each, true);
    var state = ran == 0 && cached > 0 ? StepState.CACHED : StepState.RAN;
    record.finish(state, gave);
    run.ended(step.id(), gave, null);
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
