package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the inputs that a request brings: every one of the signature, and only once. */
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
    if (all.size() < given.length) throw missing();
    return all;
  }

  private InvalidInput missing() {
    var missing = new ArrayList<Field>();
    for (int i = 0; i < given.length; i++)
      if (given[i] == null) missing.add(signature.inputs().get(i));
    return new InvalidInput(
        "%s missing: expected %s"
            .formatted(missing.size() == 1 ? "an input is" : "inputs are", listed(missing)));
  }

  static String listed(List<Field> fields) {
    return String.join(
        ", ",
        fields.stream()
            .map(field ->
                "\"%s\" (%s, shape %s)".formatted(field.name(), field.datatype(), field.shape()))
            .toList());
  }
}
