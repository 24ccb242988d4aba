package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Some rows and what the training library answered them, against which every load of the model is
 * held.
 *
 * @param tolerance two numbers agree if they differ by at most tolerance * max(1, |expected|)
 */
public record Golden(List<Tensor> inputs, List<Tensor> outputs, double tolerance) {
  /**
   * What the conversion from a training library to ONNX keeps: single precision summed in another
   * order.
   */
  public static final double TOLERANCE = 1e-5;

  public Golden {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    if (!(tolerance >= 0)) throw new InvalidInput("tolerance", tolerance, "a number, not negative");
    if (inputs.isEmpty() || outputs.isEmpty())
      throw new InvalidInput("golden rows need inputs and outputs");
    long rows = inputs.getFirst().rows();
    for (var tensors : List.of(inputs, outputs)) {
      for (var tensor : tensors) {
        if (tensor.rows() != rows)
          throw new InvalidInput(
              "golden rows: \"%s\" has %d rows, \"%s\" has %d"
                  .formatted(tensor.name(), tensor.rows(), inputs.getFirst().name(), rows));
      }
    }
  }

  public Golden(List<Tensor> inputs, List<Tensor> outputs) {
    this(inputs, outputs, TOLERANCE);
  }

  public long rows() {
    return inputs.getFirst().rows();
  }

  public JsonNode json() {
    var json = Json.object().put("tolerance", tolerance);
    var given = json.putArray("inputs");
    inputs.forEach(tensor -> given.add(TensorJson.write(tensor)));
    var expected = json.putArray("outputs");
    outputs.forEach(tensor -> expected.add(TensorJson.write(tensor)));
    return json;
  }

  public static Golden read(JsonNode json) {
    if (!json.path("tolerance").isNumber())
      throw new InvalidInput("golden rows without a tolerance");
    return new Golden(
        tensors(json.path("inputs")),
        tensors(json.path("outputs")),
        json.path("tolerance").doubleValue());
  }

  private static List<Tensor> tensors(JsonNode array) {
    var tensors = new ArrayList<Tensor>();
    array.forEach(tensor -> tensors.add(TensorJson.read(tensor)));
    return tensors;
  }

  /**
   * Refuses, naming the row and both values, if the answers given to the inputs differ from those
   * expected.
   */
  void replay(String model, Function<List<Tensor>, List<Tensor>> answering) {
    List<Tensor> answers;
    try {
      answers = answering.apply(inputs);
    } catch (Failure e) {
      throw new Refused(
          "%s cannot answer its own golden rows: %s".formatted(model, e.getMessage()));
    }
    for (var expected : outputs) {
      var got =
          answers.stream()
              .filter(answer -> answer.name().equals(expected.name()))
              .findFirst()
              .orElseThrow(() ->
                  new Refused(
                      "%s has golden rows for an output \"%s\", which it does not give"
                          .formatted(model, expected.name())));
      difference(expected, got)
          .ifPresent(where -> {
            throw new Refused(
                "%s answers golden %s. It is not served: train or export it again; its inputs there: %s"
                    .formatted(model, where.text(), row(where.row())));
          });
    }
  }

  private record Difference(int row, String text) {}

  private Optional<Difference> difference(Tensor expected, Tensor got) {
    if (expected.datatype() != got.datatype() || expected.size() != got.size()) {
      return Optional.of(
          new Difference(0, "rows with %s where %s is expected".formatted(got, expected)));
    }
    int perRow = (int) (expected.size() / Math.max(1, rows()));
    for (int i = 0; i < expected.size(); i++) {
      var wanted = expected.at(i);
      var answered = got.at(i);
      if (agree(wanted, answered)) continue;
      int row = i / Math.max(1, perRow);
      var element = perRow > 1 ? "[%d]".formatted(i % perRow) : "";
      return Optional.of(
          new Difference(
              row,
              "row %d differently: output \"%s\"%s is %s, the training library gave %s (tolerance %s)"
                  .formatted(row + 1, expected.name(), element, answered, wanted, tolerance)));
    }
    return Optional.empty();
  }

  private boolean agree(Object wanted, Object got) {
    if (!(wanted instanceof Double expected) || !(got instanceof Double number))
      return wanted.equals(got);
    return expected.equals(number)
        || Math.abs(number - expected) <= tolerance * Math.max(1, Math.abs(expected));
  }

  private String row(int row) {
    var texts = new ArrayList<String>();
    for (var input : inputs) {
      if (texts.size() == 40) return String.join(", ", texts) + ", ...";
      if (input.size() == rows()) texts.add("%s=%s".formatted(input.name(), input.at(row)));
      else texts.add("%s=(%d elements)".formatted(input.name(), input.size() / rows()));
    }
    return String.join(", ", texts);
  }
}
