package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Failure;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.pipelines.Firing.State;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts the runs that triggers ask for. A firing is written with its event, and is started in the
 * transaction of its run: each leads to one run, or to a reason why there is none. Thread-safe.
 */
public final class Triggers implements AutoCloseable {
  /** How large what tells of a push may be. */
  public static final int MOST_PUSH_BYTES = PushReader.MOST_BYTES;

  /** How long a chain of firings may be, each by the run of the one before. */
  static final int DEEPEST = 16;

  private static final Logger LOG = System.getLogger(Triggers.class.getName());
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration AFTER_A_FAULT = Duration.ofMinutes(1);

  /** What comes later than that was missed. */
  private static final Duration LATE = Duration.ofMinutes(1);

  /** Windows in which the last time that was missed is looked for, the shortest first. */
  private static final List<Duration> WINDOWS =
      List.of(
          Duration.ofHours(1),
          Duration.ofDays(1),
          Duration.ofDays(8),
          Duration.ofDays(32),
          Duration.ofDays(366));

  private static final Instant NEVER = Instant.ofEpochMilli(Long.MAX_VALUE);
  private static final int MOST_A_TICK = 100;
  private static final int MOST_SHOWN = 3;
  private static final int MOST_EVIDENCE = 64 << 10;

  private final Database database;
  private final Pipelines pipelines;
  private final PushReader pushes;
  private final Clock clock;
  private final Ids ids;
  private final TriggerEvents events;
  private final TriggerStore triggers = new TriggerStore();
  private final FiringStore firings = new FiringStore();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name("triggers").unstarted(this::watch);

  /**
   * @param pushSecret what those sign with who tell of pushes; null refuses them
   */
  public Triggers(
      Database database, Pipelines pipelines, @Nullable String pushSecret, Clock clock) {
    this.database = database;
    this.pipelines = pipelines;
    this.pushes = new PushReader(pushSecret);
    this.clock = clock;
    this.ids = new Ids(clock);
    this.events = new TriggerEvents(clock);
  }

  /** Begins to start what is due, first what was left from before. */
  public void start() {
    thread.start();
  }

  private void watch() {
    try {
      do tick();
      while (!stop.await(TICK.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Nobody means to.
    }
  }

  /** Looks at the clock once: schedules fire, and what is due begins. */
  synchronized void tick() {
    try {
      var now = clock.instant();
      for (var due : database.read(s -> triggers.listDue(s, now))) fire(due, now);
      for (int i = 0; i < MOST_A_TICK && stop.getCount() > 0; i++) if (!begin(now)) return;
    } catch (Unavailable e) {
      // The server is stopping; what is due is still due at the next start.
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "triggers could not be looked at; trying again", e);
    }
  }

  // Schedules

  private void fire(TriggerStore.Due due, Instant now) {
    var schedule = due.schedule();
    var cron = schedule.times();
    var times = times(due, cron, now);
    boolean all = schedule.missed() == Trigger.Missed.ALL;
    // Of very many the first are taken now, the others at the next look.
    boolean more = all && times.size() == MOST_A_TICK;
    var at = more ? times.getLast() : now;
    var next = cron.next(at).orElse(NEVER);
    database.writing(tx -> {
      if (all
          && firings.countWaiting(tx, due.pipeline()) > TriggerEvents.MOST_WAITING - MOST_A_TICK)
        return; // The cursor stays, so that none is refused.
      if (!triggers.move(tx, due, at, next)) return;
      for (var time : times) events.timeCame(tx, due.pipeline(), schedule, time);
    });
  }

  /** The times since the schedule was looked at last that are to fire. */
  private static List<Instant> times(TriggerStore.Due due, Cron cron, Instant now) {
    return switch (due.schedule().missed()) {
      case ALL -> between(cron, due.at(), now, MOST_A_TICK);
      case SKIP -> {
        var late = now.minus(LATE);
        yield between(cron, due.at().isAfter(late) ? due.at() : late, now, MOST_A_TICK);
      }
      case LAST -> last(cron, due.at(), now).stream().toList();
    };
  }

  private static List<Instant> between(Cron cron, Instant after, Instant until, int most) {
    var times = new ArrayList<Instant>();
    var next = cron.next(after);
    while (next.isPresent() && !next.get().isAfter(until) && times.size() < most) {
      times.add(next.get());
      next = cron.next(next.get());
    }
    return times;
  }

  private static Optional<Instant> last(Cron cron, Instant after, Instant until) {
    for (var window : WINDOWS) {
      var from = until.minus(window);
      if (!from.isAfter(after)) break;
      var times = between(cron, from, until, Integer.MAX_VALUE);
      if (!times.isEmpty()) return Optional.of(times.getLast());
    }
    var times = between(cron, after, until, Integer.MAX_VALUE);
    return times.isEmpty() ? Optional.empty() : Optional.of(times.getLast());
  }

  // Beginning

  /** Begins one firing that is due; says whether there was one. */
  private boolean begin(Instant now) {
    var found = database.read(s -> firings.findDue(s, now));
    if (found.isEmpty()) return false;
    var firing = found.get();
    try {
      if (firing.depth() > DEEPEST)
        throw new Refused(
            "it would be number %d of a chain of runs that start one another, and %d is the most: see whether pipelines trigger each other in a circle"
                .formatted(firing.depth(), DEEPEST));
      var params = params(firing);
      var run =
          pipelines.start(
              firing.pipeline(), params, true, (tx, begun) -> started(tx, firing, begun));
      LOG.log(Level.INFO, "firing={0} run={1} pipeline={2}", firing.id(), run.id(), run.pipeline());
    } catch (Unavailable e) {
      postpone(firing, PATIENCE);
    } catch (Failure e) {
      var why = String.valueOf(e.getMessage());
      database.writing(tx -> firings.refuse(tx, firing.id(), why));
      LOG.log(
          Level.INFO, "firing={0} pipeline={1} refused: {2}", firing.id(), firing.pipeline(), why);
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "firing=%s its run could not begin; trying again in a minute".formatted(firing.id()),
          e);
      postpone(firing, AFTER_A_FAULT);
    }
    return true;
  }

  private void started(Transaction tx, Firing firing, PipelineRun run) {
    if (!firings.start(tx, firing.id(), run.id(), run.params()))
      throw new Conflict("firing %s is no longer due".formatted(firing.id()));
  }

  private void postpone(Firing firing, Duration wait) {
    database.writing(tx -> firings.postpone(tx, firing.id(), clock.instant().plus(wait)));
  }

  private Map<String, JsonNode> params(Firing firing) {
    var params = new TreeMap<String, JsonNode>();
    var text = firing.trigger();
    if (text == null) {
      firing.params().properties().forEach(p -> params.put(p.getKey(), p.getValue()));
      return params;
    }
    var trigger =
        database
            .read(s -> triggers.find(s, firing.pipeline(), text))
            .orElseThrow(() -> new Refused("the pipeline no longer has this trigger"));
    trigger
        .with()
        .forEach((name, value) -> {
          try {
            params.put(name, TriggerValues.evaluate(value, firing.evidence()));
          } catch (InvalidInput e) {
            throw new InvalidInput("with %s: %s".formatted(name, e.getMessage()));
          }
        });
    return params;
  }

  // What people ask

  /** The triggers of a pipeline, or of all. */
  public List<TriggerSummary> list(@Nullable String pipeline) {
    if (pipeline != null) pipelines.pipeline(pipeline);
    var now = clock.instant();
    return database.read(s ->
        triggers.list(s).stream()
            .filter(row -> pipeline == null || row.pipeline().equals(pipeline))
            .map(row -> {
              var trigger = row.trigger();
              return new TriggerSummary(
                  row.pipeline(),
                  trigger.text(),
                  trigger.kind(),
                  Json.tree(trigger),
                  trigger instanceof Trigger.Schedule schedule
                      ? between(schedule.times(), now, Instant.MAX, MOST_SHOWN)
                      : List.of(),
                  firings.countWaiting(s, row.pipeline(), trigger.text()));
            })
            .toList());
  }

  /** The firings of a pipeline, or of all; the newest first. */
  public List<Firing> firings(@Nullable String pipeline, int most) {
    if (pipeline == null) return database.read(s -> firings.list(s, most));
    var found = database.read(s -> firings.list(s, pipeline, most));
    if (found.isEmpty()) pipelines.pipeline(pipeline);
    return found;
  }

  /** What began a run; empty where somebody started it. */
  public Optional<Firing> firingOf(String run) {
    return database.read(s -> firings.findByRun(s, run));
  }

  /** Fires what waits for an alert of that endpoint. */
  public List<Firing> alert(String endpoint, JsonNode evidence) {
    bounded(evidence);
    return database.write(tx -> events.alerted(tx, endpoint, evidence));
  }

  /** Fires a pipeline as such. */
  public Firing call(String pipeline, Map<String, JsonNode> params, JsonNode evidence) {
    bounded(evidence);
    pipelines.requireParams(pipeline, params);
    var known = TriggerEvents.evidence("call", clock.instant(), ZoneOffset.UTC);
    known.set("evidence", evidence);
    var firing = asked(pipeline, "call", known, params, null);
    database.writing(tx -> {
      if (firings.countWaiting(tx, pipeline) >= TriggerEvents.MOST_WAITING)
        throw new Conflict(
            "%d firings of pipeline %s wait already"
                .formatted(TriggerEvents.MOST_WAITING, pipeline));
      firings.insert(tx, new FiringStore.New(firing, pipeline, null, 1, null));
    });
    return firing;
  }

  private static void bounded(JsonNode evidence) {
    int length = evidence.toString().length();
    if (length > MOST_EVIDENCE)
      throw new InvalidInput(
          "evidence", length + " characters", "%d at most".formatted(MOST_EVIDENCE));
  }

  /**
   * Fires what waits for the push that is told of.
   *
   * @param signature of the body, as the header X-Hub-Signature-256 has it
   * @param event its kind; null means a push
   */
  public List<Firing> push(@Nullable String signature, @Nullable String event, byte[] body) {
    return pushes
        .read(signature, event, body)
        .map(push -> database.write(tx -> events.pushed(tx, push)))
        .orElse(List.of());
  }

  /**
   * Runs a pipeline for each date of a span.
   *
   * @param dryRun only says which these are
   */
  public List<LocalDate> backfill(String pipeline, Backfill backfill, boolean dryRun) {
    var dates = backfill.dates();
    var batch = ids.next();
    var made = new ArrayList<Firing>();
    for (var date : dates) {
      var params = new HashMap<>(backfill.params());
      params.put(backfill.param(), TextNode.valueOf(date.toString()));
      if (made.isEmpty()) pipelines.requireParams(pipeline, params);
      var evidence =
          TriggerEvents.evidence("backfill", clock.instant(), ZoneOffset.UTC)
              .put("date", date.toString())
              .put("param", backfill.param());
      made.add(asked(pipeline, "backfill", evidence, params, batch));
    }
    if (dryRun) return dates;
    database.writing(tx -> {
      long waiting = firings.countBackfills(tx, pipeline);
      if (waiting + made.size() > Backfill.MOST)
        throw new Conflict(
            "%d dates of earlier backfills of pipeline %s wait still, and with these they would be more than %d: wait for them"
                .formatted(waiting, pipeline, Backfill.MOST));
      for (var firing : made)
        firings.insert(
            tx, new FiringStore.New(firing, backfill.param(), null, backfill.atOnce(), null));
    });
    LOG.log(
        Level.INFO, "batch={0} pipeline={1} backfill of {2} runs", batch, pipeline, dates.size());
    return dates;
  }

  private Firing asked(
      String pipeline,
      String kind,
      JsonNode evidence,
      Map<String, JsonNode> params,
      @Nullable String batch) {
    var given = Json.object();
    given.setAll(params);
    var now = clock.instant();
    return new Firing(
        ids.next(),
        pipeline,
        null,
        kind,
        evidence,
        given,
        State.DUE,
        now,
        null,
        null,
        batch,
        1,
        now);
  }

  /** Stops; what is due begins after the next start. */
  @Override
  public void close() {
    stop.countDown();
    try {
      if (thread.isAlive()) thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
