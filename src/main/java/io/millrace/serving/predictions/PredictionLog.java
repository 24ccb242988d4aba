package io.millrace.serving.predictions;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.serving.Deployment;
import io.millrace.serving.EndpointName;
import io.millrace.serving.InferAnswer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes answered requests from the threads that answered them to one thread that writes. A request
 * never waits: what finds no room is given up and counted. What is written is forced to the disk
 * twice an interval, so that even a slow force leaves no prediction waiting for longer than one.
 * Thread-safe.
 */
public final class PredictionLog implements AutoCloseable {
  /** Requests that can wait to be written. */
  static final int RING = 1 << 15;

  /** About how many bytes of tensors can wait to be written. */
  static final long RING_BYTES = 64L << 20;

  /** How long the writer sleeps when nothing waits; nobody has to wake it. */
  private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final int SECONDS_TO_WAIT = 30;
  private static final Logger LOG = System.getLogger(PredictionLog.class.getName());

  private final Ring<Prediction> ring;
  private final AtomicLong waitingBytes = new AtomicLong();
  private final Map<EndpointName, LogSettings> settings = new ConcurrentHashMap<>();
  private final Map<EndpointName, LogCounts.Counter> counters = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<CompletableFuture<Void>> asked =
      new ConcurrentLinkedQueue<>();
  private final SegmentWriter writer;
  private final Frames frames = new Frames();
  private final long flushNanos;
  private final Thread thread;
  private volatile MeterRegistry registry = new CompositeMeterRegistry();
  private volatile boolean closing;
  private boolean failing;

  PredictionLog(SegmentWriter writer, Duration flush, int capacity) {
    this.writer = writer;
    this.ring = new Ring<>(capacity);
    this.flushNanos = flush.toNanos() / 2;
    this.thread = Thread.ofPlatform().daemon().name("prediction-log").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Where it is told what becomes of requests; to be called before any comes. */
  public void countIn(MeterRegistry meters) {
    registry = meters;
  }

  /** As Inference tells of an answer. */
  public void offer(
      InferAnswer answer,
      Deployment deployment,
      Instant at,
      long micros,
      Map<String, String> context) {
    var request = answer.request();
    offer(
        new Prediction(
            answer.predictionId(),
            at,
            micros,
            deployment,
            null,
            request.inputs(),
            answer.outputs(),
            new Prediction.Caller(request.id(), context)));
  }

  /**
   * Takes an answered request, to be called before its answer is sent; never waits and never
   * throws.
   */
  public void offer(Prediction prediction) {
    var endpoint = prediction.deployment().endpoint();
    var counter = counter(endpoint);
    if (!settings(endpoint).keeps(prediction.id())) {
      counter.unsampled.increment();
      return;
    }
    long bytes = prediction.bytes();
    if (waitingBytes.addAndGet(bytes) <= RING_BYTES && ring.put(prediction)) return;
    waitingBytes.addAndGet(-bytes);
    counter.lost.increment();
  }

  private LogCounts.Counter counter(EndpointName endpoint) {
    var known = counters.get(endpoint);
    return known != null ? known : counters.computeIfAbsent(endpoint, this::counted);
  }

  private LogCounts.Counter counted(EndpointName endpoint) {
    var counter = new LogCounts.Counter();
    counter.show(registry, endpoint);
    return counter;
  }

  /** What became of an endpoint's requests since the start. */
  LogCounts counts(EndpointName endpoint) {
    var counter = counters.get(endpoint);
    return counter == null ? LogCounts.NONE : counter.now();
  }

  LogSettings settings(EndpointName endpoint) {
    return settings.getOrDefault(endpoint, LogSettings.DEFAULT);
  }

  /** Holds for what is offered, and what is written, from now on. */
  void set(EndpointName endpoint, LogSettings wanted) {
    settings.put(endpoint, wanted);
  }

  /** Returns when all that was offered before is written and forced to the disk. */
  void flush() {
    if (!thread.isAlive()) return;
    var done = new CompletableFuture<Void>();
    asked.add(done);
    LockSupport.unpark(thread);
    try {
      done.get(SECONDS_TO_WAIT, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      LOG.log(Level.WARNING, "the prediction log is %d s behind".formatted(SECONDS_TO_WAIT));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private void run() {
    long flushed = System.nanoTime();
    while (true) {
      boolean last = closing;
      var waiting = asked.peek();
      long until = waiting != null || last ? ring.claimed() : ring.taken() + RING;
      boolean any = drain(until);
      boolean caughtUp = ring.taken() >= until;
      long now = System.nanoTime();
      if (now - flushed >= flushNanos || (caughtUp && (waiting != null || last))) {
        flushed = now;
        write();
        if (waiting != null && caughtUp) {
          asked.poll(); // the one that was seen: only this thread takes any
          waiting.complete(null);
        }
      }
      if (last && caughtUp) break;
      if (!any) LockSupport.parkNanos(this, NAP_NANOS);
    }
    for (var one = asked.poll(); one != null; one = asked.poll()) one.complete(null);
  }

  /** Says whether there was any. */
  private boolean drain(long until) {
    boolean any = false;
    var now = writer.now();
    while (ring.taken() < until) {
      var prediction = ring.take();
      if (prediction == null) break;
      any = true;
      waitingBytes.addAndGet(-prediction.bytes());
      var endpoint = prediction.deployment().endpoint();
      var settings = settings(endpoint);
      if (!settings.keeps(prediction.at(), now)) {
        counter(endpoint).unsampled.increment();
        continue;
      }
      try {
        var mask = settings.mask();
        writer.append(
            frames.write(prediction, mask.isEmpty() ? Set.of() : Set.copyOf(mask)),
            counter(endpoint));
      } catch (RuntimeException e) {
        counter(endpoint).failed.increment();
        failed(e);
      }
    }
    return any;
  }

  private void write() {
    try {
      writer.flush();
      failing = false;
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  /** Logged once until it goes well again. */
  private void failed(RuntimeException e) {
    if (!failing) LOG.log(Level.ERROR, "predictions are not logged", e);
    failing = true;
  }

  /** Writes what was offered. */
  @Override
  public void close() {
    closing = true;
    if (!thread.isAlive()) return;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.close();
  }
}
