package io.millrace.serving;

import io.millrace.base.Futures;
import io.millrace.base.Ids;
import io.millrace.base.NotFound;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The one way by which every wire asks an endpoint for an answer. Thread-safe. */
public final class Inference {
  private final Endpoints endpoints;
  private final Log log;
  private final Explaining explaining;
  private final Clock clock;
  private final Ids ids;
  private volatile @Nullable Tracing tracing;

  public Inference(Endpoints endpoints, Log log, Explaining explaining, Clock clock) {
    this.endpoints = endpoints;
    this.log = log;
    this.explaining = explaining;
    this.clock = clock;
    this.ids = new Ids(clock);
  }

  /** Tells of requests as they end, from now on. */
  public void tell(Tracing told) {
    tracing = told;
  }

  /** Makes a request of what a client sent, once the model that shall answer it is known. */
  public interface Reader {
    InferRequest read(Signature signature);
  }

  /** Is told of each answer; must neither wait nor throw. */
  public interface Log {
    /**
     * @param at when the request came
     * @param micros from then until its answer
     * @param context of the request, as the client gave it: its traceparent
     */
    void offer(
        InferAnswer answer,
        Deployment deployment,
        Instant at,
        long micros,
        Map<String, String> context);
  }

  /**
   * Answers one request with the model that serves now, in its turn. It waits for nobody: what
   * comes of it, also what is wrong, is in the future, which is complete already where the call is
   * short and free. Cancelling it takes the request out of the line.
   *
   * <p>It fails with NotFound if there is no such endpoint, or it serves another version.
   *
   * @param version the version's number that the client insists on, or null
   */
  public CompletableFuture<InferAnswer> infer(
      EndpointName name, @Nullable String version, Map<String, String> context, Reader reader) {
    return infer(name, version, context, reader, null);
  }

  /**
   * What makes an answer the same prediction when it is given once more.
   *
   * @param predictionId time-ordered, from the time
   * @param at when what it answers came to be
   */
  public record Identity(String predictionId, Instant at) {}

  /**
   * As the other, for one who may have to ask again after an answer that was lost.
   *
   * @param identity null for an answer of its own
   */
  public CompletableFuture<InferAnswer> infer(
      EndpointName name,
      @Nullable String version,
      Map<String, String> context,
      Reader reader,
      @Nullable Identity identity) {
    var trace = RequestTrace.begin(tracing, name, context.get("traceparent"), clock.instant());
    var answer = infer(name, version, context, reader, identity, trace);
    if (trace != null) {
      var _ = answer.whenComplete((_, thrown) -> trace.ended(thrown));
    }
    return answer;
  }

  private CompletableFuture<InferAnswer> infer(
      EndpointName name,
      @Nullable String version,
      Map<String, String> context,
      Reader reader,
      @Nullable Identity identity,
      @Nullable RequestTrace trace) {
    var at = identity == null ? clock.instant() : identity.at();
    long begin = System.nanoTime();
    var found = endpoints.findLease(name);
    if (found.isEmpty()) return absent(name);
    var lease = found.get();
    if (trace != null) trace.asked(lease.deployment().version());
    InferRequest request;
    try {
      insist(lease, version);
      request = read(lease, reader);
    } catch (RuntimeException e) {
      lease.close();
      return CompletableFuture.failedFuture(e);
    }
    long read = System.nanoTime();
    var deployment = lease.deployment();
    var features = lease.features();
    var logged = features == null ? context : features.context(context);
    long end = begin + lease.allowed(timeout(request)).toNanos();
    var answered =
        lease.answer(
            features == null ? request.inputs() : features.taken(request.inputs()),
            request.outputNames(),
            timeout(request),
            given -> {
              long ran = System.nanoTime();
              var answer =
                  new InferAnswer(
                      name,
                      lease.deployment().version(),
                      request,
                      wanted(given, request.outputs()),
                      identity == null ? ids.next() : identity.predictionId());
              long done = System.nanoTime();
              lease.answered(read - begin, done - ran);
              if (trace != null)
                trace.computed(lease.waitedNanos(), ran - read - lease.waitedNanos());
              log.offer(answer, lease.deployment(), at, (done - begin) / 1_000, logged);
              return answer;
            });
    if (!Explaining.isAsked(request)) return answered;
    return Futures.cancelling(
        answered.thenApplyAsync(
            answer ->
                explaining.explained(answer, deployment, Duration.ofNanos(end - System.nanoTime())),
            Thread::startVirtualThread),
        answered);
  }

  /** Why, is asked of the database, by another thread. */
  private <T> CompletableFuture<T> absent(EndpointName name) {
    return CompletableFuture.supplyAsync(
        () -> {
          throw endpoints.absent(name);
        },
        Thread::startVirtualThread);
  }

  private static InferRequest read(Lease lease, Reader reader) {
    try {
      var request = complete(lease, reader);
      Explaining.check(request, lease.signature());
      return request;
    } catch (RuntimeException e) {
      lease.unreadable();
      throw e;
    }
  }

  /** Every input of the model is there, given or looked up. */
  private static InferRequest complete(Lease lease, Reader reader) {
    var features = lease.features();
    if (features != null) return features.completed(reader.read(features.readable()));
    var request = reader.read(lease.signature());
    MissingInputs.refuse(lease.signature(), request.inputs());
    return request;
  }

  /** What the request allows, or null where it says nothing. */
  private static @Nullable Duration timeout(InferRequest request) {
    return request.parameters().get("timeout") instanceof Number micros && micros.longValue() > 0
        ? Duration.of(micros.longValue(), ChronoUnit.MICROS)
        : null;
  }

  /**
   * The endpoint's model; the caller closes the lease.
   *
   * @throws NotFound if there is no such endpoint, or it serves another version
   */
  public Lease lease(EndpointName name, @Nullable String version) {
    var lease = endpoints.lease(name);
    try {
      insist(lease, version);
      return lease;
    } catch (NotFound e) {
      lease.close();
      throw e;
    }
  }

  private static void insist(Lease lease, @Nullable String version) {
    if (version == null) return;
    var deployment = lease.deployment();
    var served = deployment.version();
    if (!version.equals(String.valueOf(served.number())))
      throw new NotFound(
          "endpoint %s serves version %d (%s), not version \"%s\""
              .formatted(deployment.endpoint(), served.number(), served, version));
  }

  /** As the client listed them; as the model has them where it listed none. */
  private static List<Tensor> wanted(List<Tensor> given, List<RequestedOutput> outputs) {
    if (outputs.isEmpty()) return given;
    var wanted = new ArrayList<Tensor>(outputs.size());
    for (var output : outputs) {
      for (var tensor : given) {
        if (!tensor.name().equals(output.name())) continue;
        wanted.add(output.classes() == 0 ? tensor : Classification.top(tensor, output.classes()));
      }
    }
    return wanted;
  }
}
