package io.millrace.serving.otlp;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.base.Json;
import io.millrace.serving.TraceContext;
import io.millrace.serving.Tracing;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests as spans to a collector of OpenTelemetry, from a thread of its own. What finds no
 * room in the line, or cannot be sent, is lost and counted. Thread-safe.
 */
public final class OtlpSpans implements Tracing, AutoCloseable {
  private static final Logger LOG = System.getLogger(OtlpSpans.class.getName());
  private static final int ROOM = 8_192;
  private static final int MOST_AT_ONCE = 512;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final OtlpSettings settings;
  private final BlockingQueue<Tracing.Request> waiting = new ArrayBlockingQueue<>(ROOM);
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Counter sent;
  private final Counter lost;
  private final Thread sender;
  private volatile boolean closing;

  /** Whether the last batch was lost, so that a collector's absence is logged once. */
  private boolean failing;

  public OtlpSpans(OtlpSettings settings, MeterRegistry registry) {
    this.settings = settings;
    this.sent =
        Counter.builder("millrace.spans.sent")
            .description("Spans of requests that the collector took")
            .register(registry);
    this.lost =
        Counter.builder("millrace.spans.lost")
            .description("Spans that found no room, or could not be sent")
            .register(registry);
    this.sender = Thread.ofPlatform().daemon().name("otlp").start(this::send);
  }

  /** The caller's decision holds; without one the ratio decides. */
  @Override
  public boolean wants(@Nullable TraceContext parent) {
    if (parent != null) return parent.sampled();
    return settings.ratio() >= 1 || ThreadLocalRandom.current().nextDouble() < settings.ratio();
  }

  @Override
  public void offer(Tracing.Request request) {
    if (closing || !waiting.offer(request)) lost.increment();
  }

  private void send() {
    var batch = new ArrayList<Tracing.Request>(MOST_AT_ONCE);
    try {
      while (!closing || !waiting.isEmpty()) {
        var first = waiting.poll(200, TimeUnit.MILLISECONDS);
        if (first == null) continue;
        batch.add(first);
        waiting.drainTo(batch, MOST_AT_ONCE - 1);
        send(batch);
        batch.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      lost.increment(batch.size() + waiting.size());
    }
  }

  private void send(List<Tracing.Request> batch) throws InterruptedException {
    var said = Json.write(SpanDocument.of(settings.service(), batch));
    var request =
        HttpRequest.newBuilder(settings.url())
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(said))
            .build();
    try {
      var answer = client.send(request, HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() / 100 == 2) {
        sent.increment(batch.size());
        failing = false;
      } else failed(batch, "status " + answer.statusCode());
    } catch (IOException e) {
      failed(batch, e.toString());
    }
  }

  private void failed(List<Tracing.Request> batch, String reason) {
    lost.increment(batch.size());
    if (!failing)
      LOG.log(
          Level.WARNING,
          "otlp=%s takes no spans: %s; they are lost until it does"
              .formatted(settings.url(), reason));
    failing = true;
  }

  /** Sends what waits, for a short while. */
  @Override
  public void close() {
    closing = true;
    try {
      if (!sender.join(Duration.ofSeconds(2))) sender.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.shutdownNow();
  }
}
