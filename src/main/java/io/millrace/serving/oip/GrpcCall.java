package io.millrace.serving.oip;

import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call: its messages are answered one after another. Small requests for predictions are
 * read on the event loop of its connection, and no thread waits for their answers; what else takes
 * time is done by a worker. The messages of a stream that nobody works on yet are left in the
 * network.
 */
final class GrpcCall {
  private static final Logger LOG = System.getLogger(GrpcCall.class.getName());

  private final Loop loop;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String method;
  private final GrpcMethods methods;
  private final BodyLimit limit;
  private final GrpcFrames frames;
  private final boolean stream;
  private final long deadline;
  private final Deque<GrpcFrames.Message> waiting = new ArrayDeque<>();
  private @Nullable CompletableFuture<?> asked;
  private long mine;
  private int messages;
  private boolean busy;
  private boolean ended;
  private volatile boolean done;

  GrpcCall(
      Loop loop, HttpServerRequest request, String method, GrpcMethods methods, BodyLimit limit) {
    this.loop = loop;
    this.request = request;
    this.response = request.response();
    this.method = method;
    this.methods = methods;
    this.limit = limit;
    this.frames = new GrpcFrames(limit.bytes());
    this.stream = GrpcMethods.isStream(method);
    long micros = timeoutMicros(request.getHeader("grpc-timeout"));
    this.deadline = micros < 0 ? -1 : System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros);
  }

  void begin() {
    response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-accept-encoding", "identity,gzip,deflate");
    request.exceptionHandler(_ -> gone());
    response.exceptionHandler(_ -> gone());
    response.closeHandler(_ -> gone());
    request.handler(this::received);
    request.endHandler(_ -> {
      ended = true;
      next();
    });
  }

  /** What a header says of the time that a call may take, in microseconds; -1 for nothing. */
  static long timeoutMicros(@Nullable String header) {
    if (header == null || !header.matches("[0-9]{1,8}[HMSmun]")) return -1;
    long amount = Long.parseLong(header.substring(0, header.length() - 1));
    var unit =
        switch (header.charAt(header.length() - 1)) {
          case 'H' -> TimeUnit.HOURS;
          case 'M' -> TimeUnit.MINUTES;
          case 'S' -> TimeUnit.SECONDS;
          case 'm' -> TimeUnit.MILLISECONDS;
          case 'u' -> TimeUnit.MICROSECONDS;
          default -> TimeUnit.NANOSECONDS;
        };
    return unit.toMicros(amount);
  }

  private void received(Buffer bytes) {
    if (done) return;
    mine += bytes.length();
    try {
      if (!limit.hold(bytes.length()))
        throw new TooLarge(
            "the messages of all requests at once may have %d bytes: try again, with fewer at a time"
                .formatted(limit.atOnce()));
      waiting.addAll(frames.add(bytes));
      next();
    } catch (Failure e) {
      end(GrpcStatus.of(e));
    }
  }

  private void next() {
    if (busy || done) return;
    var message = waiting.poll();
    if (message != null) {
      messages++;
      if (!stream && messages > 1) {
        end(GrpcStatus.of(new InvalidInput(method + " takes one message, and got another")));
        return;
      }
      work(message);
    } else if (ended) {
      last();
    }
  }

  private void last() {
    try {
      frames.end();
      if (messages == 0 && !stream)
        throw new InvalidInput(method + " takes one message, and got none");
      end(new GrpcStatus(GrpcStatus.OK, ""));
    } catch (Failure e) {
      end(GrpcStatus.of(e));
    }
  }

  private void work(GrpcFrames.Message message) {
    busy = true;
    if (stream && !ended) request.pause();
    boolean small =
        GrpcMethods.isInference(method)
            && !message.packed()
            && message.bytes().length <= InferCall.SMALL;
    var reply = small ? loop.here(() -> answer(message)) : loop.elsewhere(() -> answer(message));
    asked = reply;
    loop.then(
        reply,
        (answer, thrown) -> {
          busy = false;
          release(GrpcFrames.PREFIX + (long) message.bytes().length);
          if (done) return;
          if (answer != null) written(answer);
          else end(status(thrown));
        });
  }

  /** Who went away or came too late is not worked for. */
  private CompletableFuture<GrpcMethods.Reply> answer(GrpcFrames.Message message) {
    if (done) throw new CancellationException("the client went away");
    long left = -1;
    if (deadline != -1) {
      left = TimeUnit.NANOSECONDS.toMicros(deadline - System.nanoTime());
      if (left <= 0) throw new Expired("the deadline passed before the work began");
    }
    var trace = request.getHeader(OipResource.TRACE);
    var context = trace == null ? Map.<String, String>of() : Map.of(OipResource.TRACE, trace);
    return methods.answer(method, unpacked(message), left, context);
  }

  private byte[] unpacked(GrpcFrames.Message message) {
    if (!message.packed()) return message.bytes();
    var encoding = request.getHeader("grpc-encoding");
    var packing = Packing.of(encoding);
    if (packing == null)
      throw new InvalidInput(
          "a message says that it is packed, and the header grpc-encoding does not say how");
    return packing.unpack(message.bytes(), limit.bytes());
  }

  private void written(GrpcMethods.Reply reply) {
    if (reply.predictionId() != null && !response.headWritten())
      response.putHeader(OipResource.PREDICTION_ID, reply.predictionId());
    var frame = GrpcFrames.frame(reply.message());
    if (stream) {
      response.write(frame);
      // A client that does not read its answers is not read either.
      if (response.writeQueueFull()) response.drainHandler(_ -> goOn());
      else goOn();
      return;
    }
    done = true;
    release(mine);
    response.putTrailer("grpc-status", "0").end(frame);
  }

  private void goOn() {
    if (waiting.isEmpty() && !ended) request.resume();
    next();
  }

  private GrpcStatus status(@Nullable Throwable cause) {
    if (cause instanceof Failure failure) return GrpcStatus.of(failure);
    var id = methods.nextId();
    LOG.log(Level.ERROR, "id=" + id + " unexpected failure of " + method, cause);
    return new GrpcStatus(GrpcStatus.INTERNAL, "internal error; see the server's log, id " + id);
  }

  private void end(GrpcStatus status) {
    if (done) return;
    done = true;
    release(mine);
    var code = String.valueOf(status.code());
    if (response.headWritten()) {
      response.putTrailer("grpc-status", code);
      if (!status.message().isEmpty()) response.putTrailer("grpc-message", status.header());
    } else {
      response.putHeader("grpc-status", code);
      if (!status.message().isEmpty()) response.putHeader("grpc-message", status.header());
    }
    // What still comes is read and dropped; a request that has ended would refuse to be resumed.
    if (!ended) request.resume();
    response.end();
  }

  private void gone() {
    if (done) return;
    done = true;
    release(mine);
    if (asked != null) asked.cancel(true);
  }

  private void release(long bytes) {
    long part = Math.min(bytes, mine);
    mine -= part;
    limit.release(part);
  }
}
