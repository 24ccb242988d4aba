package io.millrace.models;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tables as the inputs of a model. A table is its columns by name: double[] for numbers, NaN where
 * one is missing, or String[] for texts, null where one is missing; all of one length.
 */
public final class Feed {
  private Feed() {}

  /** How many rows the columns have. */
  public static int rows(Map<String, ?> columns) {
    int rows = -1;
    for (var column : columns.entrySet()) {
      int length = Array.getLength(column.getValue());
      if (rows >= 0 && rows != length)
        throw new IllegalArgumentException(
            "column %s has %d rows, others %d".formatted(column.getKey(), length, rows));
      rows = length;
    }
    return Math.max(rows, 0);
  }

  /**
   * The rows from (inclusive) to (exclusive) as input tensors, of {@link Field#columns}; others are
   * left out. Refuses a column that is not there, texts for a number, and a missing value where the
   * signature does not allow one; numbers that can be NaN may always be missing.
   */
  public static List<Tensor> tensors(
      Signature signature, Map<String, ?> columns, int from, int to) {
    var tensors = new ArrayList<Tensor>(signature.inputs().size());
    for (var field : signature.inputs()) {
      var names = field.columns();
      if (names.isEmpty()) {
        throw new InvalidInput(
            "input \"%s\" has shape %s: it takes no columns of a table"
                .formatted(field.name(), field.shape()));
      }
      var shape = field.shape().stream().mapToLong(Long::longValue).toArray();
      shape[0] = (long) to - from;
      var data =
          names.size() == 1
              ? column(field, names.getFirst(), columns, from, to)
              : interleaved(field, names, columns, from, to);
      tensors.add(new Tensor(field.name(), field.datatype(), shape, data));
    }
    return tensors;
  }

  /** Elements that stand in a column each, row by row. */
  private static Object interleaved(
      Field field, List<String> names, Map<String, ?> columns, int from, int to) {
    int width = names.size();
    int rows = to - from;
    var data = Array.newInstance(field.datatype().carrier().componentType(), rows * width);
    for (int i = 0; i < width; i++) {
      var column = column(field, names.get(i), columns, from, to);
      for (int row = 0; row < rows; row++) System.arraycopy(column, row, data, row * width + i, 1);
    }
    return data;
  }

  private static Object column(Field field, String name, Map<String, ?> columns, int from, int to) {
    var column = columns.get(name);
    if (column == null) {
      throw new InvalidInput(
          "no column \"%s\", which the model takes%s"
              .formatted(name, Names.suggestion(name, columns.keySet())));
    }
    var one =
        name.equals(field.name()) ? field : Field.column(name, field.datatype(), field.nullable());
    return data(one, column, from, to);
  }

  private static Object data(Field field, Object column, int from, int to) {
    var data = Array.newInstance(field.datatype().carrier().componentType(), to - from);
    for (int row = from; row < to; row++) {
      switch (column) {
        case double[] numbers -> {
          if (Double.isNaN(numbers[row])) missing(field, data, row - from, row);
          else set(field, data, row - from, row, numbers[row]);
        }
        case String[] texts -> {
          @Nullable String text = texts[row];
          if (text == null) missing(field, data, row - from, row);
          else if (field.datatype() == DataType.BYTES) Array.set(data, row - from, text);
          else
            throw new InvalidInput(
                "column \"%s\" at row %d".formatted(field.name(), row + 1),
                text,
                "a number: the model takes " + field.datatype());
        }
        default ->
            throw new IllegalArgumentException(
                "column %s is a %s".formatted(field.name(), column.getClass().getSimpleName()));
      }
    }
    return data;
  }

  private static void set(Field field, Object data, int index, int row, double value) {
    switch (field.datatype()) {
      case FP32 -> Array.setFloat(data, index, (float) value);
      case FP64 -> Array.setDouble(data, index, value);
      case BOOL -> Array.setBoolean(data, index, value != 0);
      case BYTES -> Array.set(data, index, text(value));
      case INT8 ->
          Array.setByte(
              data, index, (byte) whole(field, row, value, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> Array.setByte(data, index, (byte) whole(field, row, value, 0, 255));
      case INT16 ->
          Array.setShort(
              data, index, (short) whole(field, row, value, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT32 ->
          Array.setInt(
              data, index, (int) whole(field, row, value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case INT64 -> Array.setLong(data, index, whole(field, row, value, -0x1p53, 0x1p53));
      case UINT16 -> Array.setShort(data, index, (short) whole(field, row, value, 0, 0xFFFF));
      case UINT32 -> Array.setInt(data, index, (int) whole(field, row, value, 0, 0xFFFF_FFFFL));
      case UINT64 -> Array.setLong(data, index, whole(field, row, value, 0, 0x1p53));
      case FP16, BF16 -> Array.setShort(data, index, HalfNumbers.of(field.datatype(), value));
    }
  }

  /**
   * A number where the model takes a text: codes such as 7 or 10001 that a reader of tables took
   * for numbers.
   */
  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static long whole(Field field, int row, double value, double least, double most) {
    if (value != Math.rint(value) || value < least || value > most) {
      throw new InvalidInput(
          "column \"%s\" at row %d: got %s, expected a whole number that fits %s"
              .formatted(field.name(), row + 1, value, field.datatype()));
    }
    return (long) value;
  }

  private static void missing(Field field, Object data, int index, int row) {
    if (field.nullable() && field.datatype() == DataType.BYTES) Array.set(data, index, "");
    else if (field.datatype().hasNaN()) set(field, data, index, row, Double.NaN);
    else
      throw new InvalidInput(
          "column \"%s\" at row %d is missing, and the model needs it"
              .formatted(field.name(), row + 1));
  }

  /** Tensors of one output one after another, along the first dimension. */
  public static Tensor joined(List<Tensor> parts) {
    var first = parts.getFirst();
    if (parts.size() == 1) return first;
    int size = parts.stream().mapToInt(Tensor::size).sum();
    var data = Array.newInstance(first.datatype().carrier().componentType(), size);
    int at = 0;
    for (var part : parts) {
      System.arraycopy(part.data(), 0, data, at, part.size());
      at += part.size();
    }
    var shape = first.shape();
    shape[0] = parts.stream().mapToLong(Tensor::rows).sum();
    return new Tensor(first.name(), first.datatype(), shape, data);
  }

  /** The rows from (inclusive) to (exclusive) of a tensor, a copy. */
  public static Tensor rows(Tensor tensor, int from, int to) {
    var shape = tensor.shape();
    int perRow = shape[0] == 0 ? 0 : Math.toIntExact(tensor.size() / shape[0]);
    var data = Array.newInstance(tensor.datatype().carrier().componentType(), (to - from) * perRow);
    System.arraycopy(tensor.data(), from * perRow, data, 0, (to - from) * perRow);
    shape[0] = (long) to - from;
    return new Tensor(tensor.name(), tensor.datatype(), shape, data);
  }
}
