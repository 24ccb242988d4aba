package io.millrace.models.explanations;

import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The number of a model's answer that is explained.
 *
 * @param index among those that the output has for a row
 */
record ExplainedOutput(String name, int index, boolean isOnly) {
  private static final List<String> USUAL = List.of("probability", "probabilities", "prediction");
  private static final Pattern ELEMENT = Pattern.compile("(.+)\\[([0-9]{1,6})]");

  /**
   * @param wanted NAME or NAME[INDEX]; where null, the usual output, or the only one of numbers; of
   *     several numbers the largest, as that of the most probable class
   * @param answer to the explained row alone
   */
  static ExplainedOutput of(Signature signature, @Nullable String wanted, List<Tensor> answer) {
    var name = wanted;
    int index = -1;
    if (wanted != null && signature.findOutput(wanted).isEmpty()) {
      var element = ELEMENT.matcher(wanted);
      if (element.matches()) {
        name = element.group(1);
        index = Integer.parseInt(element.group(2));
      }
    }
    var field = name == null ? usual(signature) : signature.output(name);
    var tensor =
        answer.stream().filter(t -> t.name().equals(field.name())).findFirst().orElseThrow();
    var numbers = tensor.numbers();
    if (numbers.length == 0 || index >= numbers.length)
      throw new InvalidInput(
          "output to explain", String.valueOf(wanted), outputs(field, numbers.length));
    if (index < 0) {
      index = 0;
      for (int i = 1; i < numbers.length; i++) if (numbers[i] > numbers[index]) index = i;
    }
    return new ExplainedOutput(field.name(), index, numbers.length == 1);
  }

  private static String outputs(Field field, int count) {
    return "an output with numbers: %s has %d a row".formatted(field.name(), count);
  }

  private static Field usual(Signature signature) {
    for (var name : USUAL) {
      var field = signature.findOutput(name);
      if (field.isPresent()) return field.get();
    }
    var possible = signature.outputs().stream().filter(field -> field.datatype().hasNaN()).toList();
    if (possible.size() == 1) return possible.getFirst();
    throw new InvalidInput(
        "the model has the outputs %s: say which to explain with \"explain_output\""
            .formatted(String.join(", ", signature.outputNames())));
  }

  /** The number in an answer to several rows. */
  double[] of(List<Tensor> answers) {
    var tensor = answers.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    var numbers = tensor.numbers();
    int rows = (int) tensor.rows();
    int width = numbers.length / Math.max(1, rows);
    var picked = new double[rows];
    for (int row = 0; row < rows; row++) picked[row] = numbers[row * width + index];
    return picked;
  }

  @Override
  public String toString() {
    return isOnly ? name : "%s[%d]".formatted(name, index);
  }
}
