package io.millrace.serving;

import io.millrace.base.Failure;
import io.millrace.base.Ids;
import io.millrace.base.NotFound;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one way by which every wire asks an endpoint for an answer, and what is counted about it.
 * Thread-safe.
 */
public final class Inference {
  private final Endpoints endpoints;
  private final ServingStatistics statistics;
  private final Ids ids;

  public Inference(Endpoints endpoints, Clock clock) {
    this.endpoints = endpoints;
    this.statistics = new ServingStatistics(clock);
    this.ids = new Ids(clock);
  }

  /** Makes a request of what a client sent, once the model that shall answer it is known. */
  public interface Reader {
    InferRequest read(Signature signature);
  }

  /**
   * Answers one request with the model that serves now.
   *
   * @param version the version's number that the client insists on, or null
   * @throws NotFound if there is no such endpoint, or it serves another version
   */
  public InferAnswer infer(EndpointName name, @Nullable String version, Reader reader) {
    try (var lease = lease(name, version)) {
      var counted = statistics.of(lease.deployment());
      long begin = System.nanoTime();
      try {
        var request = reader.read(lease.signature());
        long read = System.nanoTime();
        var given = lease.run(request.inputs(), request.outputNames());
        long ran = System.nanoTime();
        var answer =
            new InferAnswer(
                name,
                lease.deployment().version(),
                request,
                wanted(given, request.outputs()),
                ids.next());
        counted.success(request.rows(), read - begin, ran - read, System.nanoTime() - ran);
        return answer;
      } catch (Failure e) {
        counted.failure(System.nanoTime() - begin);
        throw e;
      }
    }
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
