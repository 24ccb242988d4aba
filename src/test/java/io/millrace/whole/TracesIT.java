package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.millrace.base.Json;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A caller's trace goes on in the packaged program, and a collector hears of it. */
final class TracesIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @TempDir Path folder;

  @Test
  void aRequestIsASpanOfItsCallersTraceAndOneThatIsNotSampledIsNone() throws Exception {
    var spans = new LinkedBlockingQueue<JsonNode>();
    var collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          var document = Json.read(exchange.getRequestBody().readAllBytes(), JsonNode.class);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
          document.at("/resourceSpans/0/scopeSpans/0/spans").forEach(spans::add);
        });
    collector.start();
    var url = "http://127.0.0.1:%d".formatted(collector.getAddress().getPort());
    try (var program =
        Program.up(folder.resolve("data"), Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", url))) {
      program.done("model", "import", "digits", MODELS.resolve("digits_cnn.onnx").toString());
      program.done("deploy", "digits", "--model", "digits/1");
      var right =
          Json.parse(Files.readString(MODELS.resolve("digits_cnn.cases.json"))).path("request");
      assertThat(ask(program, Json.write(right), "00")).isEqualTo(200);
      assertThat(ask(program, Json.write(right), "01")).isEqualTo(200);
      assertThat(ask(program, "{\"inputs\": []}", "01")).isEqualTo(400);

      var answered = spans.poll(30, TimeUnit.SECONDS);
      assertThat(answered).isNotNull();
      assertThat(answered.path("traceId").asText()).isEqualTo(TRACE);
      assertThat(answered.path("parentSpanId").asText()).isEqualTo(SPAN);
      assertThat(answered.path("name").asText()).isEqualTo("infer digits");
      assertThat(attribute(answered, "millrace.version")).isEqualTo("digits/1");
      assertThat(attribute(answered, "millrace.status")).isEqualTo("ok");
      assertThat(Long.parseLong(attribute(answered, "millrace.compute_micros"))).isPositive();
      long took =
          answered.path("endTimeUnixNano").asLong() - answered.path("startTimeUnixNano").asLong();
      assertThat(Long.parseLong(attribute(answered, "millrace.compute_micros")) * 1_000)
          .isLessThanOrEqualTo(took + 1_000);
      var refused = spans.poll(30, TimeUnit.SECONDS);
      assertThat(refused).isNotNull();
      assertThat(attribute(refused, "millrace.status")).isEqualTo("invalid");
      assertThat(spans).isEmpty();
    } finally {
      collector.stop(0);
    }
  }

  private static int ask(Program program, String body, String flags) {
    var request =
        HttpRequest.newBuilder(URI.create(program.url() + "/v2/models/digits/infer"))
            .header("Content-Type", "application/json")
            .header("traceparent", "00-%s-%s-%s".formatted(TRACE, SPAN, flags))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return Program.send(request).statusCode();
  }

  private static String attribute(JsonNode span, String key) {
    for (var one : span.path("attributes"))
      if (one.path("key").asText().equals(key)) return one.path("value").elements().next().asText();
    return "";
  }
}
