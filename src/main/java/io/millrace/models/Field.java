package io.millrace.models;

import java.util.List;

/**
 * One input or output of a model.
 *
 * @param shape its sizes; -1 is free, the first dimension the row; empty where the model does not
 *     say
 * @param nullable whether an element may be missing: NaN for a number, the empty text for a text;
 *     those with a fraction take NaN in any case
 */
public record Field(String name, DataType datatype, List<Long> shape, boolean nullable) {
  public Field {
    if (name.isEmpty()) throw new IllegalArgumentException("a field without a name");
    shape = List.copyOf(shape);
  }

  /** A column: one element per row, shape [N]. */
  public static Field column(String name, DataType datatype, boolean nullable) {
    return new Field(name, datatype, List.of(-1L), nullable);
  }

  /** Whether a row of it is one element, as in shapes [N] and [N,1]. */
  public boolean columnar() {
    return !shape.isEmpty()
        && shape.getFirst() == -1
        && shape.stream().skip(1).allMatch(size -> size == 1);
  }
}
