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
import org.jspecify.annotations.Nullable;

/**
 * The one way by which every wire asks an endpoint for an answer, and what is counted about it.
 * Thread-safe.
 */
public final class Inference {
  private final Endpoints endpoints;
  private final Log log;
  private final Explaining explaining;
  private final Clock clock;
  private final ServingStatistics statistics;
  private final Ids ids;

  public Inference(Endpoints endpoints, Log log, Explaining explaining, Clock clock) {
    this.endpoints = endpoints;
    this.log = log;
    this.explaining = explaining;
    this.clock = clock;
    this.statistics = new ServingStatistics(clock);
    this.ids = new Ids(clock);
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
   * Answers one request with the model that serves now, in its turn; waits for it.
   *
   * @param version the version's number that the client insists on, or null
   * @throws NotFound if there is no such endpoint, or it serves another version
   */
  public InferAnswer infer(
      EndpointName name, @Nullable String version, Map<String, String> context, Reader reader) {
    var at = clock.instant();
    long begin = System.nanoTime();
    var lease = lease(name, version);
    var counted = statistics.of(lease.deployment());
    var request = read(lease, reader, counted, begin);
    long read = System.nanoTime();
    long end = begin + lease.allowed(timeout(request)).toNanos();
    InferAnswer answered;
    try {
      answered =
          Futures.join(
              lease.answer(
                  request.inputs(),
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
                            ids.next());
                    long done = System.nanoTime();
                    counted.success(request.rows(), read - begin, ran - read, done - ran);
                    log.offer(answer, lease.deployment(), at, (done - begin) / 1_000, context);
                    return answer;
                  }));
    } catch (RuntimeException e) {
      counted.failure(System.nanoTime() - begin);
      throw e;
    }
    if (!Explaining.isAsked(request)) return answered;
    var left = Duration.ofNanos(end - System.nanoTime());
    return explaining.explained(answered, lease.deployment(), left);
  }

  private static InferRequest read(
      Lease lease, Reader reader, ServingStatistics.Counter counted, long begin) {
    try {
      var request = reader.read(lease.signature());
      Explaining.isAsked(request); // refuses what could not be explained
      return request;
    } catch (RuntimeException e) {
      counted.failure(System.nanoTime() - begin);
      lease.unreadable();
      lease.close();
      throw e;
    }
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
    var served = lease.deployment().version();
    if (version == null || version.equals(String.valueOf(served.number()))) return lease;
    lease.close();
    throw new NotFound(
        "endpoint %s serves version %d (%s), not version \"%s\""
            .formatted(name, served.number(), served, version));
  }

  public ServingStatistics statistics() {
    return statistics;
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
