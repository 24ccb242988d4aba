package io.millrace.serving.streams;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A stream's thread: opens its topics, works, and opens them again when that failed. */
final class Worker implements AutoCloseable {
  private static final long FIRST_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_WAIT_NANOS = Duration.ofSeconds(30).toNanos();

  /** After this it is told by an interrupt. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Logger LOG = System.getLogger(Worker.class.getName());

  private final StreamStore.Row row;
  private final Streams.Tools tools;
  private final StreamMeters meters;
  private final Thread thread;
  private volatile boolean stopping;

  Worker(StreamStore.Row row, Streams.Tools tools, StreamMeters meters) {
    this.row = row;
    this.tools = tools;
    this.meters = meters;
    meters.begun();
    this.thread =
        Thread.ofPlatform().daemon().name("stream-" + row.definition().name()).start(this::run);
  }

  private void run() {
    long wait = 0;
    boolean failing = false;
    while (!stopping) {
      long opened = System.nanoTime();
      try {
        work();
      } catch (RuntimeException | Error e) {
        if (stopping) return;
        var reason = e.getMessage() == null ? e.toString() : e.getMessage();
        meters.disconnected(reason);
        if (System.nanoTime() - opened > LONGEST_WAIT_NANOS) {
          wait = 0;
          failing = false;
        }
        if (!failing)
          LOG.log(
              Level.WARNING,
              "stream=%s interrupted, and tried again: %s"
                  .formatted(row.definition().name(), reason));
        failing = true;
        wait = Math.clamp(2 * wait, FIRST_WAIT_NANOS, LONGEST_WAIT_NANOS);
        pause(wait);
      }
    }
  }

  private void work() {
    var stream = row.definition();
    var session = new Session(stream, tools.inference(), tools.format(), meters);
    var source =
        new Topics.Source(stream, tools.brokers().resolve(stream.bootstrap()), row.member());
    try (var topics = tools.opener().open(source, session::gone)) {
      meters.connected();
      LOG.log(
          Level.INFO,
          "stream=%s from=%s to=%s runs".formatted(stream.name(), stream.from(), stream.to()));
      session.run(topics, () -> stopping);
    }
  }

  private void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    while (!stopping && end - System.nanoTime() > 0)
      LockSupport.parkNanos(this, end - System.nanoTime());
  }

  StreamStore.Row row() {
    return row;
  }

  /** Tells it to end, and does not wait for that. */
  void stop() {
    stopping = true;
    LockSupport.unpark(thread);
  }

  /** Returns when what is on its way is written, or a while has passed. */
  @Override
  public void close() {
    stop();
    try {
      if (thread.join(PATIENCE)) return;
      thread.interrupt();
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
