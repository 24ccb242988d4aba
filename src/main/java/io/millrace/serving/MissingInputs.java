package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.stream.Collectors;

/** Says which inputs a request lacks. */
public final class MissingInputs {
  private MissingInputs() {}

  /** Every input of the signature must be given; each is at most once. */
  public static void refuse(Signature signature, List<Tensor> given) {
    if (given.size() == signature.inputs().size()) return;
    var names = given.stream().map(Tensor::name).collect(Collectors.toSet());
    throw refused(
        signature.inputs().stream().filter(field -> !names.contains(field.name())).toList());
  }

  static InvalidInput refused(List<Field> missing) {
    return new InvalidInput(
        "%s missing: expected %s"
            .formatted(missing.size() == 1 ? "an input is" : "inputs are", listed(missing)));
  }

  public static String listed(List<Field> fields) {
    return String.join(
        ", ",
        fields.stream()
            .map(field ->
                "\"%s\" (%s, shape %s)".formatted(field.name(), field.datatype(), field.shape()))
            .toList());
  }
}
