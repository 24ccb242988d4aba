package io.millrace.serving;

import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.Overloaded;
import io.millrace.models.Tensor;
import io.millrace.serving.EndpointMeters.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The line before a model. A request is answered at once while the model has a call free, and by
 * the thread that brings it where that takes no longer than handing it to another. While all calls
 * are taken requests wait, first come first served, and the one whose turn comes takes along those
 * behind it that fit, as many rows as keep the latency objective: batches form by waiting for the
 * model, never for each other. If a call of several fails it is made again in halves, so that only
 * the one at fault fails.
 *
 * <p>What cannot be answered in time is refused when it comes; what runs out of time or is
 * cancelled while it waits leaves the line. Thread-safe.
 */
final class Batcher {
  /** What answers; several threads may call it at once. */
  interface Computation {
    List<Tensor> run(List<Tensor> inputs, Set<String> outputs);
  }

  /** A call as short as this is made where the request is, since handing it on costs as much. */
  static final Duration SHORT = Duration.ofNanos(200_000);

  /** How late, at most, a request that ran out of time while it waited is told so. */
  private static final Duration SWEEP = Duration.ofMillis(5);

  /** What is foreseen may be wrong by this much, and is still in time. */
  private static final double MARGIN = 1.5;

  private final EndpointName endpoint;
  private final Computation model;
  private final EndpointSettings settings;
  private final Cost cost;
  private final long mostAtOnce;
  private final EndpointMeters meters;
  private final Crew crew;

  /** Why each request has a call of its own; null where they are put together. */
  private volatile @Nullable String apart;

  // Guarded by this. While anybody waits, all calls are taken.
  private final LinkedHashSet<Pending> queue = new LinkedHashSet<>();
  private long queuedRows;
  private int running;
  private boolean sweeping;

  Batcher(
      EndpointName endpoint,
      Computation model,
      EndpointSettings settings,
      WarmUp warmUp,
      EndpointMeters meters,
      Crew crew) {
    this.endpoint = endpoint;
    this.model = model;
    this.settings = settings;
    this.cost = warmUp.cost();
    this.mostAtOnce = warmUp.mostAtOnce();
    this.apart = settings.batch() == 1 ? "the setting batch is 1" : warmUp.apart();
    this.meters = meters;
    this.crew = crew;
  }

  /** Why requests are not put together; empty where they are. */
  Optional<String> apart() {
    return Optional.ofNullable(apart);
  }

  /** The most rows that it would put into one call now. */
  int mostRows() {
    if (apart != null) return 1;
    var objective = settings.p99();
    // Who comes just after a call began waits for it, and then for its own.
    return objective == null
        ? settings.batch()
        : Math.min(settings.batch(), cost.rowsWithin(objective.dividedBy(2)));
  }

  /** How long a call of one row takes now. */
  Duration rowCost() {
    return Duration.ofNanos(cost.nanos(1));
  }

  /** Answers in its turn; the inputs must fit the model's signature. */
  Pending submit(Pending pending) {
    long now = System.nanoTime();
    pending.submitted = now;
    @Nullable Failure refusal = null;
    boolean free = false;
    synchronized (this) {
      if (pending.isExpired(now)) {
        refusal = expired(pending);
      } else if (running < settings.concurrency()) {
        running++;
        free = true;
      } else {
        refusal = refusal(pending, now);
        if (refusal == null) enqueue(pending);
      }
    }
    if (refusal != null) {
      pending.failed(refusal);
      deliver(pending);
    } else if (free) {
      pending.begun = now;
      meters.waited(now - pending.arrived);
      if (pending.rows <= mostAtOnce && cost.nanos(pending.rows) <= SHORT.toNanos())
        here(List.of(pending));
      else crew.work(() -> work(List.of(pending)));
    } else {
      var _ =
          pending.whenComplete((_, thrown) -> {
            if (thrown instanceof CancellationException) leave(pending);
          });
    }
    return pending;
  }

  private @Nullable Failure refusal(Pending pending, long now) {
    long wait = waitNanos();
    if (queue.size() >= settings.queue()) {
      return new Overloaded(
          "endpoint %s has %d requests waiting, which is its limit: try again later, or set its queue higher"
              .formatted(endpoint, queue.size()),
          Duration.ofNanos(wait));
    }
    long left = pending.deadline - now;
    if (MARGIN * (wait + cost.nanos(pending.rows)) > left) {
      return new Overloaded(
          "endpoint %s could answer in about %d ms, and the request allows %d ms: try again later, or with a longer timeout"
              .formatted(
                  endpoint,
                  Math.max(1, (wait + cost.nanos(pending.rows)) / 1_000_000),
                  left / 1_000_000),
          Duration.ofNanos(wait));
    }
    return null;
  }

  /** What one more request would wait, if what waits now is answered as usual. */
  private long waitNanos() {
    int most = mostRows();
    double all =
        most == 1
            ? (double) queue.size() * cost.nanos(0) + queuedRows * (cost.nanos(1) - cost.nanos(0))
            : (double) queuedRows / most * cost.nanos(most);
    return (long) (all / settings.concurrency());
  }

  private void enqueue(Pending pending) {
    queue.add(pending);
    queuedRows += pending.rows;
    meters.waiting(1);
    if (!sweeping) {
      sweeping = true;
      crew.later(SWEEP, this::sweep);
    }
  }

  private boolean dequeue(Pending pending) {
    if (!queue.remove(pending)) return false;
    queuedRows -= pending.rows;
    meters.waiting(-1);
    return true;
  }

  private void leave(Pending pending) {
    synchronized (this) {
      if (!dequeue(pending)) return;
    }
    meters.ended(Outcome.CANCELLED);
  }

  /** Tells those whose time has run out, and comes again while anybody waits. */
  private void sweep() {
    List<Pending> late;
    synchronized (this) {
      long now = System.nanoTime();
      late = queue.stream().filter(pending -> pending.isExpired(now)).toList();
      late.forEach(this::dequeue);
      sweeping = !queue.isEmpty();
      if (sweeping) crew.later(SWEEP, this::sweep);
    }
    late.forEach(this::expire);
  }

  /** Makes one call; whoever waits then is answered by the crew. */
  private void here(List<Pending> batch) {
    compute(batch);
    var next = next();
    if (!next.isEmpty()) crew.work(() -> work(next));
    batch.forEach(this::deliver);
  }

  /**
   * Makes calls for as long as anybody waits. Telling who has an answer is left to others
   * meanwhile: a thread that is woken for the next call comes late where there is much to do.
   */
  private void work(List<Pending> first) {
    var batch = first;
    while (true) {
      compute(batch);
      var next = next();
      var answered = batch;
      if (next.isEmpty()) {
        answered.forEach(this::deliver);
        return;
      }
      crew.work(() -> answered.forEach(this::deliver));
      batch = next;
    }
  }

  /** Whose turn it is now; the call is free where that is nobody. */
  private List<Pending> next() {
    var late = new ArrayList<Pending>();
    List<Pending> next;
    synchronized (this) {
      next = take(late);
      if (next.isEmpty()) running--;
    }
    if (!late.isEmpty()) crew.work(() -> late.forEach(this::expire));
    return next;
  }

  /** Whose turn it is, out of the line; those too late for an answer in time are put aside. */
  private List<Pending> take(List<Pending> late) {
    long now = System.nanoTime();
    int most = mostRows();
    var batch = new ArrayList<Pending>();
    int rows = 0;
    for (var pending : queue) {
      if (rows >= most) break;
      if (pending.isExpired(now + cost.nanos(pending.rows))) {
        late.add(pending);
      } else if (batch.isEmpty()
          || (rows + pending.rows <= most && batch.getFirst().fits(pending))) {
        batch.add(pending);
        rows += pending.rows;
      }
    }
    late.forEach(this::dequeue);
    for (var pending : batch) {
      dequeue(pending);
      pending.begun = now;
      meters.waited(now - pending.arrived);
    }
    return batch;
  }

  private void compute(List<Pending> batch) {
    if (batch.size() == 1) {
      alone(batch.getFirst());
      return;
    }
    boolean whole;
    try {
      int rows = batch.stream().mapToInt(pending -> pending.rows).sum();
      whole =
          Merge.answer(
              batch, run(Merge.inputs(batch), batch.getFirst().outputs, rows, batch.size()));
    } catch (RuntimeException | Error e) {
      compute(batch.subList(0, batch.size() / 2));
      compute(batch.subList(batch.size() / 2, batch.size()));
      return;
    }
    if (whole) return;
    apart = "an output of a batch did not have its rows";
    batch.forEach(this::alone);
  }

  private void alone(Pending pending) {
    if (pending.isDone()) return;
    try {
      pending.answered(run(pending.inputs, pending.outputs, pending.rows, 1));
    } catch (RuntimeException | Error e) {
      pending.failed(e);
    }
  }

  private List<Tensor> run(List<Tensor> inputs, Set<String> outputs, int rows, int requests) {
    long began = System.nanoTime();
    var answer = model.run(inputs, outputs);
    long nanos = System.nanoTime() - began;
    cost.learn(rows, nanos);
    meters.computed(rows, requests, nanos);
    return answer;
  }

  private void deliver(Pending pending) {
    var failure = pending.failure();
    // Who waits goes on in deliver, so that it is counted first; it was cancelled if nobody does.
    if (pending.isDone()) meters.ended(Outcome.CANCELLED);
    else meters.ended(failure == null ? Outcome.OK : Outcome.of(failure));
    if (!pending.isDone()) pending.deliver();
  }

  private void expire(Pending pending) {
    pending.failed(expired(pending));
    deliver(pending);
  }

  private Expired expired(Pending pending) {
    return new Expired(
        "endpoint %s had no answer within the %d ms that the request allows: it was not computed"
            .formatted(endpoint, (pending.deadline - pending.arrived) / 1_000_000));
  }
}
