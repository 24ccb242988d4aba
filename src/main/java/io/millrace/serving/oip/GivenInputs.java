package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Gathers the inputs that a request brings: every one of the signature, and only once. */
final class GivenInputs {
  private final Signature signature;
  private final Map<String, Tensor> given = new LinkedHashMap<>();

  GivenInputs(Signature signature) {
    this.signature = signature;
  }

  void add(Tensor tensor) {
    if (given.putIfAbsent(tensor.name(), tensor) != null)
      throw new InvalidInput("input \"%s\" is given twice".formatted(tensor.name()));
  }

  /** In the signature's order. */
  List<Tensor> list() {
    var missing =
        signature.inputs().stream().filter(field -> !given.containsKey(field.name())).toList();
    if (!missing.isEmpty()) {
      throw new InvalidInput(
          "%s missing: expected %s"
              .formatted(missing.size() == 1 ? "an input is" : "inputs are", listed(missing)));
    }
    return signature.inputs().stream()
        .flatMap(field -> Stream.ofNullable(given.get(field.name())))
        .toList();
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
