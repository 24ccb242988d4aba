package io.millrace.experiments;

import io.millrace.base.Database;
import io.millrace.pipelines.RunLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run of a step that is being noted. What is noted is kept back for at most a second while more
 * comes in, so that a thousand values cost one transaction; all of it is durable when close
 * returns. Thread-safe.
 */
final class OpenRun implements RunLog {
  private static final int MOST_KEPT_BACK = 1_000;
  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final Database database;
  private final Runs runs;
  private final Clock clock;
  private final RunId id;
  private final Map<String, String> params = new LinkedHashMap<>();
  private final List<Metric> metrics = new ArrayList<>();

  /** When the first was noted of what is kept back; null where nothing is. */
  private @Nullable Instant since;

  private boolean closed;

  OpenRun(Database database, Runs runs, Clock clock, RunId id) {
    this.database = database;
    this.runs = runs;
    this.clock = clock;
    this.id = id;
  }

  @Override
  public String id() {
    return id.value();
  }

  @Override
  public synchronized void param(String name, String value) {
    requireOpen();
    params.put(name, value);
    flushIfDue(clock.instant());
  }

  @Override
  public synchronized void metric(String name, double value, long step) {
    requireOpen();
    var now = clock.instant();
    metrics.add(new Metric(name, value, now, step));
    flushIfDue(now);
  }

  @Override
  public synchronized void close(boolean succeeded) {
    if (closed) return;
    write(succeeded ? RunState.FINISHED : RunState.FAILED);
    closed = true;
  }

  private void requireOpen() {
    if (closed) throw new IllegalStateException("run %s is closed".formatted(id));
  }

  private void flushIfDue(Instant now) {
    if (since == null) since = now;
    if (metrics.size() + params.size() < MOST_KEPT_BACK
        && Duration.between(since, now).compareTo(LONGEST) < 0) return;
    write(RunState.RUNNING);
  }

  private void write(RunState state) {
    var points = metrics.isEmpty() ? null : MetricPoints.of(metrics);
    database.writing(tx -> {
      runs.log(tx, id, params, points, Map.of());
      if (state != RunState.RUNNING) runs.update(tx, id, state, null, null);
    });
    params.clear();
    metrics.clear();
    since = null;
  }
}
