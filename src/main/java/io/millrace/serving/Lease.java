package io.millrace.serving;

import io.millrace.base.Futures;
import io.millrace.models.Predictor;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The use of an endpoint's model for one request, from its arrival: it stays the same model until
 * closed, once. It is closed after the answer is there.
 */
public interface Lease extends AutoCloseable {
  Deployment deployment();

  Signature signature();

  /** What looks up inputs that a request leaves out; null where nothing does. */
  @Nullable Features features();

  /** What a request has to give: the signature, but for what is looked up. */
  default Signature asked() {
    var features = features();
    return features == null ? signature() : features.asked();
  }

  /** What runs the model. */
  Predictor.Engine engine();

  /** Why the model cannot answer now, though it is loaded. */
  Optional<String> obstacle();

  /** The protections that its package lacks, each with what that means. */
  List<String> missing();

  /** How it answers now, and what was learnt of the model before it was let serve. */
  Serving serving();

  /**
   * Answers in its turn with the outputs named, in the model's order; with all where none is named.
   * Cancelling the future takes the request out of the line.
   *
   * <p>It fails with Overloaded at once where the line is too long, with Expired where the time ran
   * out before the model was asked, and with InvalidInput where the inputs do not fit.
   *
   * @param timeout what the request allows from its arrival; the endpoint's own timeout where null,
   *     which also bounds it
   */
  CompletableFuture<List<Tensor>> submit(
      List<Tensor> inputs, Set<String> outputs, @Nullable Duration timeout);

  /**
   * How long a request may take from its arrival.
   *
   * @param timeout what the request allows; null where it says nothing
   */
  Duration allowed(@Nullable Duration timeout);

  /** As {@link #submit}, and waits. */
  default List<Tensor> run(List<Tensor> inputs, Set<String> outputs, @Nullable Duration timeout) {
    return Futures.join(submit(inputs, outputs, timeout));
  }

  /** As the other, within the endpoint's own timeout. */
  default List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
    return run(inputs, outputs, null);
  }

  /**
   * As {@link #submit}, makes something of the answer, and closes this lease, whatever comes of it.
   * Cancelling what is returned takes the request out of the line.
   */
  default <T> CompletableFuture<T> answer(
      List<Tensor> inputs,
      Set<String> outputs,
      @Nullable Duration timeout,
      Function<List<Tensor>, T> rendering) {
    CompletableFuture<List<Tensor>> asked;
    try {
      asked = submit(inputs, outputs, timeout);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    return Futures.cancelling(asked.thenApply(rendering).whenComplete((_, _) -> close()), asked);
  }

  /** What the request that was submitted waited for the model, once it is answered. */
  long waitedNanos();

  /** Counts a request that could not be read. */
  void unreadable();

  /**
   * Counts a request that is answered.
   *
   * @param readNanos what it took to read it
   * @param writtenNanos what it took to make its answer of the model's
   */
  void answered(long readNanos, long writtenNanos);

  @Override
  void close();
}
