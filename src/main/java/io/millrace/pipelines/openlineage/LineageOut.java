package io.millrace.pipelines.openlineage;

import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.RunState;
import io.millrace.pipelines.RunWatcher;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells a receiver of OpenLineage's events what pipelines do: at least once, in order. What is to
 * be told is written with what happened, as a few words; the event is composed of the graph when it
 * is sent, which nothing waits for.
 */
public final class LineageOut implements RunWatcher, AutoCloseable {
  /** How many events may wait; later ones are dropped, counted and logged. */
  static final int MOST_WAITING = 100_000;

  private static final Logger LOG = System.getLogger(LineageOut.class.getName());
  private static final int BATCH = 100;
  private static final Duration IDLE = Duration.ofMinutes(1);

  /** The longest wait between two tries. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private final Database database;
  private final LineageDocuments documents;
  private final LineageTarget target;
  private final Duration first;
  private final Clock clock;
  private final OutboxStore store = new OutboxStore();
  private final Semaphore wake = new Semaphore(0);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread = Thread.ofPlatform().name("openlineage").unstarted(this::carry);
  private volatile boolean closed;

  public LineageOut(Database database, Metadata metadata, LineageTarget target, Clock clock) {
    this(database, metadata, target, Duration.ofSeconds(1), clock);
  }

  /**
   * @param first the wait after the first try that failed; it doubles with each
   */
  LineageOut(
      Database database, Metadata metadata, LineageTarget target, Duration first, Clock clock) {
    this.database = database;
    this.documents = new LineageDocuments(metadata);
    this.target = target;
    this.first = first;
    this.clock = clock;
  }

  public void start() {
    thread.start();
  }

  @Override
  public void runBegan(Transaction tx, String run) {
    insert(tx, "RUN", run, "START");
  }

  @Override
  public void runEnded(Transaction tx, String run, RunState state) {
    insert(
        tx,
        "RUN",
        run,
        switch (state) {
          case SUCCEEDED -> "COMPLETE";
          case FAILED -> "FAIL";
          case CANCELLED, INTERRUPTED, QUEUED, RUNNING, PAUSED -> "ABORT";
        });
  }

  @Override
  public void stepBegan(Transaction tx, ExecutionId attempt) {
    insert(tx, "STEP", attempt.toString(), "START");
  }

  @Override
  public void stepEnded(Transaction tx, ExecutionId attempt, ExecutionState state) {
    insert(
        tx,
        "STEP",
        attempt.toString(),
        switch (state) {
          case COMPLETE, CACHED -> "COMPLETE";
          case FAILED -> "FAIL";
          case CANCELLED, RUNNING -> "ABORT";
        });
  }

  private void insert(Transaction tx, String kind, String ref, String type) {
    if (store.span(tx) >= MOST_WAITING) {
      tx.afterCommit(this::drop);
      return;
    }
    store.insert(tx, kind, ref, type, clock.millis());
    tx.afterCommit(wake::release);
  }

  private void drop() {
    long count = dropped.incrementAndGet();
    if (Long.bitCount(count) == 1) // Powers of two, so that the log does not drown.
    LOG.log(
          Level.WARNING,
          "{0} OpenLineage events dropped, since {1} wait for the receiver",
          count,
          MOST_WAITING);
  }

  private void carry() {
    int failed = 0;
    while (!closed) {
      try {
        boolean sent = send();
        failed = 0;
        if (sent) continue;
        var _ = wake.tryAcquire(IDLE.toMillis(), TimeUnit.MILLISECONDS);
        wake.drainPermits();
      } catch (InterruptedException e) {
        return; // Only close interrupts.
      } catch (IOException | RuntimeException e) {
        if (closed || e instanceof Unavailable) return;
        if (failed == 0 || Integer.bitCount(failed) == 1)
          LOG.log(Level.WARNING, "OpenLineage events wait: {0}", e.toString());
        var wait = first.multipliedBy(1L << Math.min(failed++, 16));
        try {
          Thread.sleep(wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
        } catch (InterruptedException interrupted) {
          return;
        }
      }
    }
  }

  /** Sends some of what waits; says whether there was anything. */
  private boolean send() throws IOException, InterruptedException {
    var rows = database.read(s -> store.list(s, BATCH));
    long last = 0;
    try {
      for (var row : rows) {
        if (closed) return false;
        try {
          target.send(database.read(s -> documents.event(s, row)));
        } catch (InvalidInput e) {
          LOG.log(
              Level.WARNING,
              "OpenLineage event of {0} {1} refused and dropped: {2}",
              row.kind(),
              row.ref(),
              e.getMessage());
        }
        last = row.seq();
      }
      return !rows.isEmpty();
    } finally {
      if (last > 0) {
        long done = last;
        database.writing(tx -> store.deleteUpTo(tx, done));
      }
    }
  }

  /** Stops; what waits is sent after the next start. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      if (thread.isAlive()) thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
