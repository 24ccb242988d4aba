package io.millrace.serving.predictions;

import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.serving.Deployment;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answered request. Its tensors are read later by another thread, so nobody may change them any
 * more.
 *
 * @param id of {@link io.millrace.base.Ids}, as the answer told it
 * @param at when the request came
 * @param variant which of an endpoint's variants answered; null where it has one
 */
public record Prediction(
    String id,
    Instant at,
    long latencyMicros,
    Deployment deployment,
    @Nullable String variant,
    List<Tensor> inputs,
    List<Tensor> outputs,
    Caller caller) {

  /**
   * Who asked.
   *
   * @param id what the client called the request
   * @param context of the request: its traceparent, its parameters
   */
  public record Caller(@Nullable String id, Map<String, String> context) {
    public static final Caller UNKNOWN = new Caller(null, Map.of());

    public Caller {
      context = Map.copyOf(context);
    }
  }

  public Prediction {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** About how much memory the tensors hold; cheap, so texts are not measured. */
  long bytes() {
    long bytes = 512;
    for (var tensor : inputs) bytes += bytes(tensor);
    for (var tensor : outputs) bytes += bytes(tensor);
    return bytes;
  }

  private static long bytes(Tensor tensor) {
    return (long) tensor.size() * (tensor.datatype() == DataType.BYTES ? 64 : 8);
  }
}
