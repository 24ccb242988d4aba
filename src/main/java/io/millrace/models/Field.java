package io.millrace.models;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One input or output of a model.
 *
 * @param shape its sizes; -1 is free, the first dimension the row; empty where the model does not
 *     say
 * @param nullable whether an element may be missing: NaN for a number, the empty text for a text;
 *     those with a fraction take NaN in any case
 */
public record Field(String name, DataType datatype, List<Long> shape, boolean nullable) {
  static final int MOST_COLUMNS = 1_000;

  public Field {
    if (name.isEmpty()) throw new IllegalArgumentException("a field without a name");
    shape = List.copyOf(shape);
  }

  /** A column: one element per row, shape [N]. */
  public static Field column(String name, DataType datatype, boolean nullable) {
    return new Field(name, datatype, List.of(-1L), nullable);
  }

  /**
   * The columns of a table that hold it: one of its name, or where a row of it has several elements
   * one for each, NAME_0, NAME_1 and so on, row-major. None where their number is not known or more
   * than {@value #MOST_COLUMNS}.
   */
  public List<String> columns() {
    if (columnar()) return List.of(name);
    if (shape.isEmpty() || shape.getFirst() != -1) return List.of();
    long width = 1;
    for (long size : shape.subList(1, shape.size())) {
      if (size < 1 || size > MOST_COLUMNS) return List.of();
      width *= size;
      if (width > MOST_COLUMNS) return List.of();
    }
    return IntStream.range(0, (int) width).mapToObj(i -> name + "_" + i).toList();
  }

  /** Whether a row of it is one element, as in shapes [N] and [N,1]. */
  public boolean columnar() {
    return !shape.isEmpty()
        && shape.getFirst() == -1
        && shape.stream().skip(1).allMatch(size -> size == 1);
  }
}
