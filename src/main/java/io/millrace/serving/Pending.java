package io.millrace.serving;

import io.millrace.base.Failure;
import io.millrace.base.Futures;
import io.millrace.models.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request that is answered, or waits to be. It is completed with the outputs, or with what went
 * wrong; cancelling it takes it out of the line.
 */
final class Pending extends CompletableFuture<List<Tensor>> {
  final List<Tensor> inputs;
  final Set<String> outputs;

  /** By System.nanoTime. */
  final long arrived;

  /** By System.nanoTime; an answer later than this helps nobody. */
  final long deadline;

  /** By System.nanoTime: when it came to the line, and when its turn came. */
  volatile long submitted;

  volatile long begun;

  /** The most in any of its inputs. */
  final int rows;

  /** Whether each input has the same number of rows, and some. */
  final boolean even;

  private @Nullable List<Tensor> answer;
  private @Nullable Throwable failure;

  Pending(List<Tensor> inputs, Set<String> outputs, long arrived, long deadline) {
    this.inputs = List.copyOf(inputs);
    this.outputs = Set.copyOf(outputs);
    this.arrived = arrived;
    this.deadline = deadline;
    long most = 1;
    long least = Long.MAX_VALUE;
    for (var input : inputs) {
      most = Math.max(most, input.rows());
      least = Math.min(least, input.shape().length == 0 ? 0 : input.rows());
    }
    rows = (int) Math.min(Integer.MAX_VALUE, most);
    even = least == most;
  }

  boolean isExpired(long now) {
    return now - deadline >= 0;
  }

  /**
   * Whether both can be answered by one call: the same inputs but for their rows, the same outputs.
   */
  boolean fits(Pending other) {
    if (!even || !other.even || inputs.size() != other.inputs.size()) return false;
    if (!outputs.equals(other.outputs)) return false;
    for (int i = 0; i < inputs.size(); i++) {
      var mine = inputs.get(i);
      var theirs = other.inputs.get(i);
      if (mine.datatype() != theirs.datatype() || !mine.name().equals(theirs.name())) return false;
      var shape = mine.shape();
      var shapeThere = theirs.shape();
      if (!Arrays.equals(shape, 1, shape.length, shapeThere, 1, shapeThere.length)) return false;
    }
    return true;
  }

  void answered(List<Tensor> outputs) {
    answer = outputs;
  }

  void failed(Throwable thrown) {
    failure = thrown;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  /** Tells who waits. */
  boolean deliver() {
    if (failure instanceof Failure told) return Futures.fail(this, told);
    if (failure != null) return completeExceptionally(failure);
    if (answer == null) throw new IllegalStateException("neither answered nor failed");
    return complete(answer);
  }
}
