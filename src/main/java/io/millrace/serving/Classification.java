package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;

/** An output's largest elements as texts, VALUE:INDEX, the largest first, row by row. */
final class Classification {
  private static final int MOST_ELEMENTS = 1_000_000;

  private Classification() {}

  /** The most likely classes of each row, shape [rows, count]; fewer where there are fewer. */
  static Tensor top(Tensor output, int count) {
    if (output.datatype() == DataType.BYTES || output.datatype() == DataType.BOOL)
      throw new InvalidInput(
          "output \"%s\": parameter \"classification\" needs numbers, and this output is %s"
              .formatted(output.name(), output.datatype()));
    if (output.size() > MOST_ELEMENTS)
      throw new InvalidInput(
          "output \"%s\": parameter \"classification\" takes %d elements at most, got %d"
              .formatted(output.name(), MOST_ELEMENTS, output.size()));
    // A column [N] is N rows of one element; a scalar is one.
    int rows = Math.toIntExact(output.rows());
    int classes = rows == 0 ? 0 : output.size() / rows;
    int most = Math.min(count, classes);
    var numbers = output.numbers();
    var texts = new String[rows * most];
    for (int row = 0; row < rows; row++) {
      int from = row * classes;
      var largest =
          IntStream.range(0, classes)
              .boxed()
              .sorted(Comparator.comparingDouble(index -> -numbers[from + index]))
              .limit(most)
              .toList();
      for (int k = 0; k < most; k++) {
        int index = largest.get(k);
        texts[row * most + k] = "%s:%d".formatted(shown(output, from + index), index);
      }
    }
    return new Tensor(output.name(), DataType.BYTES, new long[] {rows, most}, texts);
  }

  /** Six digits after the point for what has a fraction, as Triton writes them. */
  private static String shown(Tensor output, int at) {
    return output.at(at) instanceof Double value
        ? String.format(Locale.ROOT, "%.6f", value)
        : String.valueOf(output.at(at));
  }
}
