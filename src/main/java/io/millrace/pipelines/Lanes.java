package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets one run of a concurrency group be at work at a time. All of it is rows: a run ends and the
 * next one begins in the same transaction, so that no server that is killed leaves a group waiting
 * for nobody.
 */
final class Lanes {
  /** How many runs of a group may wait. */
  static final int MOST_QUEUED = 100;

  private final RunStore runs;
  private final LiveRuns live;

  Lanes(RunStore runs, LiveRuns live) {
    this.runs = runs;
    this.live = live;
  }

  /**
   * The state in which a run of that lane begins. Conflict where it does not, Unavailable where too
   * many wait.
   *
   * @param cancelled gets the runs that are to be told that they were cancelled for it
   */
  RunState enter(Transaction tx, String lane, PipelineDefinition pipeline, List<String> cancelled) {
    if (pipeline.concurrency() == null) return RunState.RUNNING;
    var others = runs.lane(tx, lane);
    if (others.isEmpty()) return RunState.RUNNING;
    var first = others.getFirst();
    return switch (pipeline.concurrency().policy()) {
      case QUEUE -> {
        if (others.size() > MOST_QUEUED)
          throw new Unavailable(
              "%d runs of the concurrency group \"%s\" wait already for run %s; wait for it, or cancel some"
                  .formatted(others.size() - 1, Concurrency.group(lane), first.id()));
        yield RunState.QUEUED;
      }
      case SKIP ->
          throw new Conflict(
              "skipped: run %s of the concurrency group \"%s\" is at work (%s), and the pipeline's policy is skip; wait for its end, or cancel it"
                  .formatted(first.id(), Concurrency.group(lane), first.state().text()));
      case CANCEL_OLDER -> {
        for (var other : others) {
          if (other.state() == RunState.QUEUED)
            live.endUnfinished(tx, other, RunState.CANCELLED, "a newer run of its group started");
          else if (runs.cancelling(tx, other.id())) cancelled.add(other.id());
        }
        yield RunState.QUEUED;
      }
    };
  }

  /** Begins the run that waits longest, if nobody of the lane is at work any more. */
  void left(Transaction tx, @Nullable String lane) {
    if (lane == null) return;
    var rest = runs.lane(tx, lane);
    if (rest.isEmpty() || rest.stream().anyMatch(run -> run.state() != RunState.QUEUED)) return;
    var next = rest.getFirst();
    var id = next.id();
    runs.move(tx, id, RunState.QUEUED, RunState.RUNNING);
    live.event(tx, id, "running: the runs of its group before it have ended");
    // By the claim of now: the thread may come to it when the next engine has the run.
    tx.afterCommit(
        () -> Thread.ofVirtual().name("run " + id).start(() -> live.takeUp(id, next.claim())));
  }

  /** Begins what waits for nobody, as at the start of a server. */
  void leftAll(Transaction tx) {
    runs.queuedLanes(tx).forEach(lane -> left(tx, lane));
  }

  /** Refuses to let a run that has ended go on beside another of its group. */
  void refuseBeside(Transaction tx, RunStore.Row run) {
    var lane = run.lane();
    if (lane == null) return;
    for (var other : runs.lane(tx, lane))
      if (!other.id().equals(run.id()))
        throw new Conflict(
            "run %s cannot be resumed: run %s of its concurrency group \"%s\" is at work (%s); wait for its end"
                .formatted(run.id(), other.id(), Concurrency.group(lane), other.state().text()));
  }
}
