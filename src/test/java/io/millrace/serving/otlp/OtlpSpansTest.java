package io.millrace.serving.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointName;
import io.millrace.serving.TraceContext;
import io.millrace.serving.Tracing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A collector that keeps what it is sent. */
class OtlpSpansTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  private final LinkedBlockingQueue<JsonNode> received = new LinkedBlockingQueue<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private HttpServer collector;
  private volatile int status = 200;

  @BeforeEach
  void listen() throws IOException {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          var type = exchange.getRequestHeaders().getFirst("Content-Type");
          var body = Json.read(exchange.getRequestBody().readAllBytes(), JsonNode.class);
          exchange.sendResponseHeaders("application/json".equals(type) ? status : 415, -1);
          exchange.close();
          received.add(body);
        });
    collector.start();
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private OtlpSpans spans(String ratio) {
    var url = "http://127.0.0.1:%d/".formatted(collector.getAddress().getPort());
    var settings = OtlpSettings.of(url, Map.of("OTEL_TRACES_SAMPLER_ARG", ratio)).orElseThrow();
    return new OtlpSpans(settings, meters);
  }

  private static Tracing.Request request(@Nullable TraceContext parent, String outcome) {
    return new Tracing.Request(
        parent,
        new EndpointName("houses"),
        VersionId.parse("titanic/3"),
        Instant.parse("2001-02-03T04:05:06.007Z"),
        1_500,
        outcome,
        300,
        1_100);
  }

  private List<JsonNode> received(int count) throws InterruptedException {
    var all = new ArrayList<JsonNode>();
    while (all.size() < count) {
      var document = received.poll(30, TimeUnit.SECONDS);
      assertThat(document).as("spans within 30 s").isNotNull();
      document.at("/resourceSpans/0/scopeSpans/0/spans").forEach(all::add);
    }
    return all;
  }

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("not within 30 s").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private double counted(String name) {
    return meters.get(name).counter().count();
  }

  @Test
  void aRequestBecomesASpanOfItsCallersTrace() throws Exception {
    try (var spans = spans("1")) {
      spans.offer(request(new TraceContext(TRACE, SPAN, true), "ok"));
      var span = received(1).getFirst();
      assertThat(span.path("traceId").asText()).isEqualTo(TRACE);
      assertThat(span.path("parentSpanId").asText()).isEqualTo(SPAN);
      assertThat(span.path("spanId").asText()).matches("[0-9a-f]{16}").isNotEqualTo(SPAN);
      assertThat(span.path("name").asText()).isEqualTo("infer houses");
      assertThat(span.path("kind").asInt()).isEqualTo(2);
      assertThat(span.path("startTimeUnixNano").asText()).isEqualTo("981173106007000000");
      assertThat(span.path("endTimeUnixNano").asText()).isEqualTo("981173106008500000");
      assertThat(span.path("status").has("code")).isFalse();
      var attributes = new HashMap<String, String>();
      for (var one : span.path("attributes"))
        attributes.put(one.path("key").asText(), one.path("value").elements().next().asText());
      assertThat(attributes)
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "millrace.endpoint", "houses",
                  "millrace.version", "titanic/3",
                  "millrace.status", "ok",
                  "millrace.queue_micros", "300",
                  "millrace.compute_micros", "1100"));
    }
  }

  @Test
  void oneWithoutACallerBeginsATraceAndAFailureIsAnError() throws Exception {
    try (var spans = spans("1")) {
      spans.offer(request(null, "failed"));
      var span = received(1).getFirst();
      assertThat(span.path("traceId").asText()).matches("[0-9a-f]{32}");
      assertThat(span.has("parentSpanId")).isFalse();
      assertThat(span.at("/status/code").asInt()).isEqualTo(2);
    }
  }

  @Test
  void theCallersDecisionHoldsAndTheRatioDecidesForOthers() {
    try (var none = spans("0")) {
      assertThat(none.wants(null)).isFalse();
      assertThat(none.wants(new TraceContext(TRACE, SPAN, true))).isTrue();
      assertThat(none.wants(new TraceContext(TRACE, SPAN, false))).isFalse();
    }
    try (var all = spans("1")) {
      assertThat(all.wants(null)).isTrue();
      assertThat(all.wants(new TraceContext(TRACE, SPAN, false))).isFalse();
    }
  }

  @Test
  void whatCannotBeSentIsCountedAndNobodyWaits() {
    status = 503;
    int offered = 100_000;
    try (var spans = spans("1")) {
      long began = System.nanoTime();
      for (int i = 0; i < offered; i++) spans.offer(request(null, "ok"));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
      until(() -> counted("millrace.spans.lost") == offered);
      assertThat(counted("millrace.spans.sent")).isZero();
    }
  }

  @Test
  void whatWaitsIsSentWhenTheServerStops() throws Exception {
    var spans = spans("1");
    for (int i = 0; i < 1_000; i++) spans.offer(request(null, "ok"));
    spans.close();
    assertThat(counted("millrace.spans.sent")).isEqualTo(1_000);
    assertThat(received(1_000)).hasSize(1_000);
  }

  @Test
  void settingsThatCannotBeAreSaid() {
    assertThat(OtlpSettings.of("", Map.of())).isEmpty();
    assertThatThrownBy(() -> OtlpSettings.of("127.0.0.1:4318", Map.of()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("http://127.0.0.1:4318");
    assertThatThrownBy(() -> spans("often"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("OTEL_TRACES_SAMPLER_ARG: got \"often\", expected a number from 0 to 1");
  }
}
