package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.MissingInputs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the inputs that a request brings, each only once; whether some are missing is told later,
 * since they may be looked up.
 */
final class GivenInputs {
  private final Signature signature;
  private final @Nullable Tensor[] given;

  GivenInputs(Signature signature) {
    this.signature = signature;
    this.given = new @Nullable Tensor[signature.inputs().size()];
  }

  /** The input must be one of the signature's. */
  void add(Tensor tensor) {
    int place = 0;
    while (!signature.inputs().get(place).name().equals(tensor.name())) place++;
    if (given[place] != null)
      throw new InvalidInput("input \"%s\" is given twice".formatted(tensor.name()));
    given[place] = tensor;
  }

  /** In the signature's order. */
  List<Tensor> list() {
    var all = new ArrayList<Tensor>(given.length);
    for (var tensor : given) if (tensor != null) all.add(tensor);
    return all;
  }

  static String listed(List<Field> fields) {
    return MissingInputs.listed(fields);
  }
}
