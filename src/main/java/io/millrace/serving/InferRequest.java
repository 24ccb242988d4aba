package io.millrace.serving;

import io.millrace.models.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks a model, whatever wire it came by: every input of its signature, once.
 *
 * @param id what the client calls the request; given back with the answer
 * @param parameters the protocol's free parameters of the request: a text, whole number, number or
 *     truth value each. {@code timeout} is in microseconds; a deadline of the wire is there too
 * @param inputs in the signature's order
 * @param outputs the outputs wanted, in this order; empty for all
 */
public record InferRequest(
    @Nullable String id,
    Map<String, Object> parameters,
    List<Tensor> inputs,
    List<RequestedOutput> outputs) {
  public InferRequest {
    parameters = Map.copyOf(parameters);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The names of the outputs wanted; empty for all. */
  public Set<String> outputNames() {
    if (outputs.isEmpty()) return Set.of();
    return outputs.stream().map(RequestedOutput::name).collect(Collectors.toUnmodifiableSet());
  }

  /** How many rows it asks for: the size of the first dimension. */
  public long rows() {
    return inputs.isEmpty() ? 1 : inputs.getFirst().rows();
  }
}
