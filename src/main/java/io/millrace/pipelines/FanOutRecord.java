package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Transaction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a step with instances writes of itself: when it begins and ends, what its instances are, its
 * events. All of it is refused once another engine has claimed the run.
 */
final class FanOutRecord {
  private final Engine engine;
  private final LiveRun run;
  private final StepDefinition step;
  private final StepStore.Row row;
  private final StepStore.Writer writer;

  FanOutRecord(Engine engine, LiveRun run, StepDefinition step, StepStore.Row row) {
    this.engine = engine;
    this.run = run;
    this.step = step;
    this.row = row;
    this.writer = new StepStore.Writer(run.id, step.id(), run.claim);
  }

  /**
   * Begins, or goes on.
   *
   * @param count how many instances there are to be
   * @param given their values, as far as they are known; counts only the first time
   */
  List<InstanceStore.Row> open(Transaction tx, int count, List<ObjectNode> given) {
    var known = row.instances();
    if (!engine.instances.open(tx, writer, count, engine.now())) throw run.refusal(tx, step);
    if (known == null) engine.instances.insert(tx, writer, 0, given);
    event(tx, "state", "running: %,d instance%s".formatted(count, count == 1 ? "" : "s"), null);
    return engine.instances.rows(tx, run.id, step.id());
  }

  /** Adds an instance whose values have become known. */
  InstanceStore.Row add(int index, ObjectNode given) {
    return engine.database.write(tx -> {
      engine.instances.insert(tx, writer, index, List.of(given));
      return engine
          .instances
          .find(tx, run.id, step.id(), index)
          .orElseThrow(() -> new Fenced(run.id, step.id()));
    });
  }

  /** All instances have ended well: what they gave is put together, which is an execution too. */
  void finish(StepState state, Outputs gave, @Nullable JsonNode summary) {
    engine.database.writing(tx -> {
      if (!gave.artifacts().isEmpty()) new StepGraph(engine.metadata, run, step).gather(tx, gave);
      var end = new StepStore.StepEnd(StepRecord.json(gave), summary, null);
      if (!engine.steps.end(tx, writer, row.attempt(), state, end, engine.now()))
        throw new Fenced(run.id, step.id());
      event(tx, "state", state.text(), null);
    });
  }

  /** Ends the step without a result, and those of its instances that have not begun. */
  StepState end(StepState state, String reason) {
    var why = state == StepState.FAILED ? Stop.FAILED.reason : reason;
    engine.database.writing(tx -> {
      engine.instances.cancelWaiting(tx, writer, why, engine.now());
      var end = StepStore.StepEnd.because(reason);
      if (!engine.steps.end(tx, writer, row.attempt(), state, end, engine.now())) return;
      event(tx, "state", "%s: %s".formatted(state.text(), reason), null);
    });
    return state;
  }

  /** Leaves it to whoever takes up the run next. */
  void leave() {
    engine.database.writing(tx -> engine.instances.leave(tx, writer));
  }

  void progress(String doing, double share) {
    engine.database.writing(tx -> event(tx, "progress", doing, share));
  }

  private void event(Transaction tx, String type, String message, @Nullable Double share) {
    engine.tell(tx, run.id, step.id(), type, message, share);
  }
}
