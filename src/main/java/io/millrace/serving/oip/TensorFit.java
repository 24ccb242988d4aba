package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import java.util.Arrays;
import java.util.List;

/** Says whether an input, as a client describes it, is one that the model takes. */
final class TensorFit {
  private TensorFit() {}

  static String place(Field field) {
    return "input \"" + field.name() + "\"";
  }

  /** The datatype of a name, for the input at a place. */
  static DataType datatype(String place, String name) {
    try {
      return DataType.named(name);
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s".formatted(place, e.getMessage()));
    }
  }

  static void check(Field field, DataType datatype, long[] shape) {
    if (datatype != field.datatype()) {
      throw new InvalidInput(
          "%s: got datatype %s, expected %s".formatted(place(field), datatype, field.datatype()));
    }
    for (long size : shape) {
      if (size < 0)
        throw new InvalidInput(
            "%s: shape: got %d, expected sizes of 0 or more".formatted(place(field), size));
    }
    if (!fits(shape, field.shape())) {
      throw new InvalidInput(
          "%s: got shape %s, expected %s"
              .formatted(place(field), Arrays.toString(shape), expected(field.shape())));
    }
  }

  /** The shape that the model gets for one that fits. */
  static long[] served(Field field, long[] shape) {
    return isSingleColumn(shape, field.shape()) ? new long[] {shape[0]} : shape;
  }

  static String expected(List<Long> shape) {
    return shape + (shape.contains(-1L) ? " where -1 is any size" : "");
  }

  private static boolean fits(long[] got, List<Long> expected) {
    if (expected.isEmpty() || isSingleColumn(got, expected)) return true;
    if (got.length != expected.size()) return false;
    for (int i = 0; i < got.length; i++) {
      if (expected.get(i) >= 0 && expected.get(i) != got[i]) return false;
    }
    return true;
  }

  /** Clients that stack columns send [N, 1] where the model says [N]. */
  private static boolean isSingleColumn(long[] got, List<Long> expected) {
    return expected.size() == 1
        && got.length == 2
        && got[1] == 1
        && (expected.getFirst() < 0 || expected.getFirst() == got[0]);
  }
}
