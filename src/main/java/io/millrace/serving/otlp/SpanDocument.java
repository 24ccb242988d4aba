package io.millrace.serving.otlp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.base.Program;
import io.millrace.serving.Tracing;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Requests as OpenTelemetry's ExportTraceServiceRequest, in the JSON of its protocol. */
final class SpanDocument {
  private static final int SERVER = 2;
  private static final int ERROR = 2;

  private SpanDocument() {}

  static ObjectNode of(String service, List<Tracing.Request> requests) {
    var document = Json.object();
    var resource = document.putArray("resourceSpans").addObject();
    var about = resource.putObject("resource").putArray("attributes");
    text(about, "service.name", service);
    text(about, "service.version", Program.version());
    var scope = resource.putArray("scopeSpans").addObject();
    scope.putObject("scope").put("name", "io.millrace.serving");
    var spans = scope.putArray("spans");
    for (var request : requests) span(spans.addObject(), request);
    return document;
  }

  private static void span(ObjectNode span, Tracing.Request request) {
    var parent = request.parent();
    span.put("traceId", parent == null ? digits(16) : parent.trace());
    span.put("spanId", digits(8));
    if (parent != null) span.put("parentSpanId", parent.span());
    span.put("name", "infer " + request.endpoint());
    span.put("kind", SERVER);
    span.put("startTimeUnixNano", nanos(request.at()));
    span.put("endTimeUnixNano", nanos(request.at().plusNanos(1_000 * request.micros())));
    var attributes = span.putArray("attributes");
    text(attributes, "millrace.endpoint", request.endpoint().value());
    var version = request.version();
    if (version != null) text(attributes, "millrace.version", version.toString());
    text(attributes, "millrace.status", request.outcome());
    number(attributes, "millrace.queue_micros", request.queueMicros());
    number(attributes, "millrace.compute_micros", request.computeMicros());
    var status = span.putObject("status");
    switch (request.outcome()) {
      case "rejected", "expired", "failed" -> status.put("code", ERROR);
      default -> {} // What the client did wrong is no error of a server's span.
    }
  }

  /** 64-bit numbers are texts there. */
  private static String nanos(Instant at) {
    return String.valueOf(at.getEpochSecond() * 1_000_000_000L + at.getNano());
  }

  private static String digits(int bytes) {
    var random = new byte[bytes];
    ThreadLocalRandom.current().nextBytes(random);
    random[0] |= 1; // All zeros mean none.
    return HexFormat.of().formatHex(random);
  }

  private static void text(ArrayNode attributes, String key, String value) {
    attributes.addObject().put("key", key).putObject("value").put("stringValue", value);
  }

  private static void number(ArrayNode attributes, String key, long value) {
    attributes
        .addObject()
        .put("key", key)
        .putObject("value")
        .put("intValue", String.valueOf(value));
  }
}
