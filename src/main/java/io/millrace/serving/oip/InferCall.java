package io.millrace.serving.oip;

import io.millrace.base.Futures;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Inference;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One request for a prediction over REST, on the event loop of its connection. What could hold that
 * up is done elsewhere: a worker reads large and packed bodies and packs answers, and calls of a
 * model that are not short are made by threads of their own, which then write the answer too. No
 * thread waits for any of this.
 */
final class InferCall {
  /** A larger body is read by a worker. */
  static final int SMALL = 16 << 10;

  private static final long MOST_DISCARDED = 1L << 30;
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence BYTES = HttpHeaders.createOptimized("application/octet-stream");
  private static final CharSequence JSON_LENGTH =
      HttpHeaders.createOptimized(OipResource.JSON_LENGTH);
  private static final CharSequence PREDICTION_ID =
      HttpHeaders.createOptimized(OipResource.PREDICTION_ID);
  private static final CharSequence TRACE = HttpHeaders.createOptimized(OipResource.TRACE);

  private final RoutingContext context;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final InferRoute.Target target;
  private final Inference inference;
  private final BodyLimit limit;
  private final Loop loop;
  private Buffer body = Buffer.buffer();
  private int pieces;
  private long held;
  private long discarded;
  private boolean done;
  private @Nullable CompletableFuture<?> asked;

  /** An answer as it is sent. */
  private record Written(InferResponseWriter.Body body, String predictionId) {}

  InferCall(
      RoutingContext context, InferRoute.Target target, Inference inference, BodyLimit limit) {
    this.context = context;
    this.request = context.request();
    this.response = context.response();
    this.target = target;
    this.inference = inference;
    this.limit = limit;
    this.loop = Loop.current(context.vertx());
  }

  void begin() {
    request.exceptionHandler(_ -> gone());
    request.handler(this::received);
    request.endHandler(_ -> complete());
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT)))
      response.writeContinue();
  }

  private void received(Buffer bytes) {
    if (done) {
      // Thrown away, so that the client gets to read why; beyond a while the connection is cut.
      discarded += bytes.length();
      if (discarded > MOST_DISCARDED) request.connection().close();
      return;
    }
    held += bytes.length();
    boolean room = limit.hold(bytes.length());
    if (held > limit.bytes())
      failed(
          new TooLarge(
              "the body of a request to %s may have %d bytes at most: send less at once"
                  .formatted(request.path(), limit.bytes())));
    else if (!room)
      failed(
          new Unavailable(
              "the bodies of all requests at once may have %d bytes: try again, with fewer requests at a time"
                  .formatted(limit.atOnce())));
    else if (pieces++ == 0) body = bytes;
    else {
      // The first piece is the network's own, and has no room.
      if (pieces == 2) body = Buffer.buffer(4 * body.length()).appendBuffer(body);
      body.appendBuffer(bytes);
    }
  }

  private void complete() {
    if (done) return;
    boolean small =
        body.length() <= SMALL && request.getHeader(HttpHeaders.CONTENT_ENCODING) == null;
    var answer = small ? loop.here(this::answer) : loop.elsewhere(this::answer);
    if (!answer.isDone()) {
      asked = answer;
      response.exceptionHandler(_ -> gone());
      response.closeHandler(_ -> gone());
    }
    loop.then(answer, this::ended);
  }

  private CompletableFuture<Written> answer() {
    var packing = Packing.of(request.getHeader(HttpHeaders.CONTENT_ENCODING));
    var bytes = packing == null ? body.getBytes() : packing.unpack(body.getBytes(), limit.bytes());
    var trace = request.getHeader(TRACE);
    var answer =
        inference.infer(
            new EndpointName(target.model()),
            target.version(),
            trace == null ? Map.of() : Map.of(OipResource.TRACE, trace),
            signature -> InferRequestReader.read(bytes, request.getHeader(JSON_LENGTH), signature));
    return Futures.cancelling(
        answer.thenApply(
            given -> new Written(InferResponseWriter.write(given), given.predictionId())),
        answer);
  }

  private void ended(@Nullable Written answer, @Nullable Throwable thrown) {
    if (done) return;
    if (answer == null) {
      failed(thrown == null ? new IllegalStateException("no answer") : thrown);
      return;
    }
    var wish =
        answer.body().bytes().length < Packing.LEAST_PACKED
            ? null
            : Packing.accepted(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
    if (wish == null) send(answer, answer.body().bytes());
    else
      loop.then(
          loop.elsewhere(() -> CompletableFuture.completedFuture(wish.pack(answer.body().bytes()))),
          (packed, failure) -> {
            if (done) return;
            if (packed == null) {
              failed(failure == null ? new IllegalStateException("no answer") : failure);
              return;
            }
            response.putHeader(HttpHeaders.CONTENT_ENCODING, wish.header());
            send(answer, packed);
          });
  }

  private void send(Written answer, byte[] bytes) {
    finish();
    response.putHeader(PREDICTION_ID, answer.predictionId());
    if (answer.body().binary())
      response
          .putHeader(HttpHeaders.CONTENT_TYPE, BYTES)
          .putHeader(JSON_LENGTH, String.valueOf(answer.body().jsonLength()));
    // Exactly this type: KServe's client reads no other, not even one with a charset.
    else response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    response.end(Buffer.buffer(bytes));
  }

  /** The server knows how failures of all kinds are told. */
  private void failed(Throwable thrown) {
    finish();
    context.fail(thrown);
  }

  private void gone() {
    if (done) return;
    finish();
    if (asked != null) asked.cancel(true);
  }

  private void finish() {
    done = true;
    limit.release(held);
    held = 0;
  }
}
