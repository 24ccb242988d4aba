package io.millrace.serving;

import io.millrace.models.Feed;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Requests put into one call of a model, row after row, and its answer taken apart again. */
final class Merge {
  private Merge() {}

  /** Why no two requests to the model can share a call, by its signature alone. */
  static Optional<String> obstacle(Signature signature) {
    for (var field : signature.inputs()) {
      if (field.shape().isEmpty() || field.shape().getFirst() != -1)
        return Optional.of(
            "input \"%s\" has shape %s, whose first size is not free"
                .formatted(field.name(), field.shape()));
    }
    for (var field : signature.outputs()) {
      if (field.shape().isEmpty() || field.shape().getFirst() != -1)
        return Optional.of(
            "output \"%s\" has shape %s, whose first size is not the rows"
                .formatted(field.name(), field.shape()));
    }
    return signature.inputs().isEmpty() ? Optional.of("it has no inputs") : Optional.empty();
  }

  /** The inputs of requests that fit each other. */
  static List<Tensor> inputs(List<Pending> batch) {
    var first = batch.getFirst();
    var joined = new ArrayList<Tensor>(first.inputs.size());
    for (int i = 0; i < first.inputs.size(); i++) {
      int input = i;
      joined.add(Feed.joined(batch.stream().map(pending -> pending.inputs.get(input)).toList()));
    }
    return joined;
  }

  /** Gives each its rows; nothing if an output does not have the rows of all. */
  static boolean answer(List<Pending> batch, List<Tensor> outputs) {
    long rows = batch.stream().mapToLong(pending -> pending.rows).sum();
    for (var output : outputs)
      if (output.shape().length == 0 || output.rows() != rows) return false;
    int from = 0;
    for (var pending : batch) {
      int start = from;
      int end = from + pending.rows;
      pending.answered(outputs.stream().map(output -> Feed.rows(output, start, end)).toList());
      from = end;
    }
    return true;
  }
}
