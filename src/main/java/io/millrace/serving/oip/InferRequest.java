package io.millrace.serving.oip;

import io.millrace.models.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks a model: every input of its signature, once.
 *
 * @param id what the client calls the request; given back with the answer
 * @param outputs the outputs wanted, in this order; empty for all
 */
record InferRequest(@Nullable String id, List<Tensor> inputs, List<String> outputs) {
  InferRequest {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
