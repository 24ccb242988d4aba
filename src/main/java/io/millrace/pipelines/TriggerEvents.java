package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Ids;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.pipelines.Firing.State;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Told of what happens, in the transaction in which it happens: what triggers wait for becomes
 * firings in that transaction, so neither is without the other. Holds no state.
 */
public final class TriggerEvents {
  /** How many firings of one pipeline may wait; backfills do not count. */
  static final int MOST_WAITING = 1_000;

  private static final int MOST_PATHS = 1_000;

  private final Clock clock;
  private final Ids ids;
  private final TriggerStore triggers = new TriggerStore();
  private final FiringStore firings = new FiringStore();

  public TriggerEvents(Clock clock) {
    this.clock = clock;
    this.ids = new Ids(clock);
  }

  /**
   * A dataset has a new version.
   *
   * @param newRows how many rows more than the one before
   * @param asOf when its data were known; null means now
   */
  public void datasetVersion(
      Transaction tx, String name, int version, long rows, long newRows, @Nullable Instant asOf) {
    var known = asOf == null ? clock.instant() : asOf;
    for (var row : triggers.list(tx, "dataset", name)) {
      if (!(row.trigger() instanceof Trigger.OfDataset trigger)) continue;
      var waiting =
          trigger.gathers()
              ? firings.findWaiting(tx, row.pipeline(), trigger.text()).orElse(null)
              : null;
      var evidence =
          evidence(trigger.kind(), known, ZoneOffset.UTC)
              .put("name", name)
              .put("version", version)
              .put("rows", rows)
              .put("versions", 1 + gathered(waiting, "versions"))
              .put("new_rows", Math.max(0, newRows) + gathered(waiting, "new_rows"));
      boolean enough = evidence.path("new_rows").asLong() >= trigger.minNewRows();
      var state = enough ? State.DUE : State.GATHERING;
      var due = clock.instant().plus(trigger.debounce());
      if (waiting != null) firings.replace(tx, waiting.id(), evidence, state, due);
      else insert(tx, row, evidence, state, due, null, null);
    }
  }

  private static long gathered(@Nullable Firing waiting, String what) {
    return waiting == null ? 0 : waiting.evidence().path(what).asLong();
  }

  public void modelVersion(Transaction tx, String model, long version) {
    model(tx, model, version, null);
  }

  public void aliasMoved(Transaction tx, String model, long version, String alias) {
    model(tx, model, version, alias);
  }

  private void model(Transaction tx, String model, long version, @Nullable String alias) {
    for (var row : triggers.list(tx, "model", model)) {
      if (!(row.trigger() instanceof Trigger.OfModel trigger)) continue;
      if (alias == null ? trigger.alias() != null : !alias.equals(trigger.alias())) continue;
      var evidence =
          evidence(trigger.kind(), clock.instant(), ZoneOffset.UTC)
              .put("name", model)
              .put("version", version);
      if (alias != null) evidence.put("alias", alias);
      insert(tx, row, evidence, State.DUE, clock.instant(), null, null);
    }
  }

  /** A run of a pipeline has ended. */
  void runEnded(Transaction tx, String pipeline, String run, RunState state) {
    for (var row : triggers.list(tx, "pipeline", pipeline)) {
      if (!(row.trigger() instanceof Trigger.OfPipeline trigger)) continue;
      if (!trigger.outcome().includes(state)) continue;
      var evidence =
          evidence(trigger.kind(), clock.instant(), ZoneOffset.UTC)
              .put("name", pipeline)
              .put("run", run)
              .put("outcome", state.text());
      insert(tx, row, evidence, State.DUE, clock.instant(), run, run);
    }
  }

  /** A schedule's time has come. */
  void timeCame(Transaction tx, String pipeline, Trigger.Schedule trigger, Instant time) {
    var evidence =
        evidence(trigger.kind(), time, trigger.timezone())
            .put("cron", trigger.cron())
            .put("timezone", trigger.timezone().getId());
    var row = new TriggerStore.Row(pipeline, trigger);
    insert(tx, row, evidence, State.DUE, clock.instant(), time.toString(), null);
  }

  List<Firing> pushed(Transaction tx, Push push) {
    var made = new ArrayList<Firing>();
    for (var row : triggers.list(tx, "push")) {
      if (!(row.trigger() instanceof Trigger.OfPush trigger) || !trigger.matches(push)) continue;
      var evidence =
          evidence(trigger.kind(), clock.instant(), ZoneOffset.UTC)
              .put("repository", push.repository())
              .put("branch", push.branch())
              .put("commit", push.commit());
      evidence.set("paths", Json.tree(push.paths().stream().limit(MOST_PATHS).toList()));
      var firing = insert(tx, row, evidence, State.DUE, clock.instant(), push.digest().hex(), null);
      if (firing != null) made.add(firing);
    }
    return made;
  }

  List<Firing> alerted(Transaction tx, String endpoint, JsonNode told) {
    var made = new ArrayList<Firing>();
    for (var row : triggers.list(tx, "alert", endpoint)) {
      var evidence =
          evidence(row.trigger().kind(), clock.instant(), ZoneOffset.UTC).put("endpoint", endpoint);
      evidence.set("evidence", told);
      var firing = insert(tx, row, evidence, State.DUE, clock.instant(), null, null);
      if (firing != null) made.add(firing);
    }
    return made;
  }

  /** What every trigger's evidence begins with. */
  static ObjectNode evidence(String kind, Instant at, ZoneId zone) {
    return Json.object()
        .put("kind", kind)
        .put("at", at.toString())
        .put("date", at.atZone(zone).toLocalDate().toString());
  }

  /** The firing; null where the trigger fired for that event already. */
  private @Nullable Firing insert(
      Transaction tx,
      TriggerStore.Row row,
      JsonNode evidence,
      State state,
      Instant due,
      @Nullable String event,
      @Nullable String cause) {
    boolean full = firings.countWaiting(tx, row.pipeline()) >= MOST_WAITING;
    var firing =
        new Firing(
            ids.next(),
            row.pipeline(),
            row.trigger().text(),
            row.trigger().kind(),
            evidence,
            Json.object(),
            full ? State.REFUSED : state,
            due,
            null,
            full ? "%d firings of the pipeline waited already".formatted(MOST_WAITING) : null,
            null,
            1 + (cause == null ? 0 : firings.depth(tx, cause)),
            clock.instant());
    var wanted = new FiringStore.New(firing, row.trigger().name(), event, 1, cause);
    return firings.insert(tx, wanted) ? firing : null;
  }

  /** Does what a run asks for; what fires by it, fires because of that run. */
  <T> T causedBy(String run, Transaction tx, Supplier<T> work) {
    long last = firings.last(tx);
    var result = work.get();
    if (firings.last(tx) > last) firings.replaceCause(tx, last, run, 1 + firings.depth(tx, run));
    return result;
  }
}
