package io.millrace.models;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** What a model takes and gives, in the model's own order. */
public record Signature(List<Field> inputs, List<Field> outputs) {
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public Optional<Field> findInput(String name) {
    return find(inputs, name);
  }

  public Optional<Field> findOutput(String name) {
    return find(outputs, name);
  }

  public Field input(String name) {
    return findInput(name)
        .orElseThrow(() ->
            new InvalidInput(
                "the model has no input \"%s\"%s"
                    .formatted(name, Names.suggestion(name, inputNames()))));
  }

  public Field output(String name) {
    return findOutput(name)
        .orElseThrow(() ->
            new InvalidInput(
                "the model has no output \"%s\"%s"
                    .formatted(name, Names.suggestion(name, outputNames()))));
  }

  public List<String> inputNames() {
    return inputs.stream().map(Field::name).toList();
  }

  /** The columns that a table needs to be answered. */
  public List<String> columns() {
    return inputs.stream().flatMap(field -> field.columns().stream()).toList();
  }

  public List<String> outputNames() {
    return outputs.stream().map(Field::name).toList();
  }

  /** Refuses what does not fit, naming the input, what was got and what is expected. */
  public void check(List<Tensor> given) {
    if (fits(given)) return;
    var seen = new HashSet<String>();
    for (var tensor : given) {
      var field = input(tensor.name());
      if (!seen.add(tensor.name()))
        throw new InvalidInput("input \"%s\" is given twice".formatted(tensor.name()));
      if (tensor.datatype() != field.datatype()) {
        throw new InvalidInput(
            "input \"%s\": got datatype %s, expected %s"
                .formatted(field.name(), tensor.datatype(), field.datatype()));
      }
      if (!fits(tensor.shape(), field.shape())) {
        throw new InvalidInput(
            "input \"%s\": got shape %s, expected %s%s"
                .formatted(
                    field.name(),
                    Arrays.toString(tensor.shape()),
                    field.shape(),
                    field.shape().contains(-1L) ? " where -1 is any size" : ""));
      }
    }
    var missing = inputNames().stream().filter(name -> !seen.contains(name)).toList();
    if (!missing.isEmpty()) {
      throw new InvalidInput(
          "input%s missing: %s"
              .formatted(missing.size() == 1 ? "" : "s", String.join(", ", missing)));
    }
  }

  /** Whether they are all the inputs in the signature's order, which is the usual case. */
  private boolean fits(List<Tensor> given) {
    if (given.size() != inputs.size()) return false;
    for (int i = 0; i < inputs.size(); i++) {
      var tensor = given.get(i);
      var field = inputs.get(i);
      if (!tensor.name().equals(field.name())
          || tensor.datatype() != field.datatype()
          || !fits(tensor.shape(), field.shape())) return false;
    }
    return true;
  }

  /**
   * Where a model's own signature is not the one claimed here; what may be missing is not the
   * model's to say.
   */
  Optional<String> differenceFrom(Signature actual) {
    return difference("input", inputs, actual.inputs)
        .or(() -> difference("output", outputs, actual.outputs));
  }

  private static Optional<String> difference(String kind, List<Field> claimed, List<Field> actual) {
    if (claimed.size() != actual.size()) {
      return Optional.of(
          "the signature has %d %ss, the model %d".formatted(claimed.size(), kind, actual.size()));
    }
    for (int i = 0; i < claimed.size(); i++) {
      var here = claimed.get(i);
      var there = actual.get(i);
      if (!here.name().equals(there.name())
          || here.datatype() != there.datatype()
          || !here.shape().equals(there.shape())) {
        return Optional.of(
            "%s %d is %s %s %s in the signature and %s %s %s in the model"
                .formatted(
                    kind,
                    i + 1,
                    here.name(),
                    here.datatype(),
                    here.shape(),
                    there.name(),
                    there.datatype(),
                    there.shape()));
      }
    }
    return Optional.empty();
  }

  private static boolean fits(long[] got, List<Long> expected) {
    if (expected.isEmpty()) return true;
    if (got.length != expected.size()) return false;
    for (int i = 0; i < got.length; i++) {
      if (expected.get(i) != -1 && expected.get(i) != got[i]) return false;
    }
    return true;
  }

  private static Optional<Field> find(List<Field> fields, String name) {
    for (var field : fields) if (field.name().equals(name)) return Optional.of(field);
    return Optional.empty();
  }
}
