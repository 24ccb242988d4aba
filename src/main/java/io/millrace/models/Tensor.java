package io.millrace.models;

import io.millrace.base.InvalidInput;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Objects;

/**
 * A named array of numbers or texts: flat and row-major, with its shape. The array is not copied;
 * whoever makes a tensor gives it up.
 */
public final class Tensor {
  private final String name;
  private final DataType datatype;
  private final long[] shape;
  private final Object data;

  /**
   * The data must be an array of {@link DataType#carrier} with as many elements as the shape says.
   */
  public Tensor(String name, DataType datatype, long[] shape, Object data) {
    if (!datatype.carrier().isInstance(data)) {
      throw new IllegalArgumentException(
          "tensor %s: %s for %s".formatted(name, data.getClass().getSimpleName(), datatype));
    }
    long expected = elements(name, shape);
    int got = Array.getLength(data);
    if (got != expected) {
      throw new InvalidInput(
          "tensor \"%s\": got %d elements, expected %d for shape %s"
              .formatted(name, got, expected, Arrays.toString(shape)));
    }
    this.name = name;
    this.datatype = datatype;
    this.shape = shape.clone();
    this.data = data;
  }

  /** How many elements a shape holds. */
  public static long elements(String name, long[] shape) {
    long count = 1;
    for (long size : shape) {
      if (size < 0)
        throw new InvalidInput(
            "tensor \"%s\": shape %s has a negative size".formatted(name, Arrays.toString(shape)));
      try {
        count = Math.multiplyExact(count, size);
      } catch (ArithmeticException e) {
        throw new InvalidInput(
            "tensor \"%s\": shape %s is too large".formatted(name, Arrays.toString(shape)));
      }
    }
    return count;
  }

  /** A column of 32-bit numbers, shape [N]. */
  public static Tensor of(String name, float... values) {
    return new Tensor(name, DataType.FP32, new long[] {values.length}, values);
  }

  /** A column of whole numbers, shape [N]. */
  public static Tensor of(String name, long... values) {
    return new Tensor(name, DataType.INT64, new long[] {values.length}, values);
  }

  /** A column of texts, shape [N]. */
  public static Tensor of(String name, String... values) {
    return new Tensor(name, DataType.BYTES, new long[] {values.length}, values);
  }

  public String name() {
    return name;
  }

  public DataType datatype() {
    return datatype;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** The flat array itself, of the class {@link DataType#carrier}. */
  public Object data() {
    return data;
  }

  public Tensor named(String other) {
    return new Tensor(other, datatype, shape, data);
  }

  /** The size of the first dimension; 1 for a scalar. */
  public long rows() {
    return shape.length == 0 ? 1 : shape[0];
  }

  /** The size of a dimension, from 0; 1 beyond the last. */
  long sizeOf(int dimension) {
    return dimension < shape.length ? shape[dimension] : 1;
  }

  public int size() {
    return Array.getLength(data);
  }

  public float[] floats() {
    return (float[]) data;
  }

  public long[] longs() {
    return (long[]) data;
  }

  public String[] texts() {
    return (String[]) data;
  }

  /**
   * One element: Double for numbers of any type, Long for whole ones (BigInteger beyond its range),
   * Boolean, or String.
   */
  public Object at(int index) {
    return switch (datatype) {
      case BOOL -> ((boolean[]) data)[index];
      case UINT8 -> (long) Byte.toUnsignedInt(((byte[]) data)[index]);
      case INT8 -> (long) ((byte[]) data)[index];
      case UINT16 -> (long) Short.toUnsignedInt(((short[]) data)[index]);
      case INT16 -> (long) ((short[]) data)[index];
      case UINT32 -> Integer.toUnsignedLong(((int[]) data)[index]);
      case INT32 -> (long) ((int[]) data)[index];
      case INT64 -> ((long[]) data)[index];
      case UINT64 -> unsigned(((long[]) data)[index]);
      case FP16, BF16 -> (double) HalfNumbers.value(datatype, ((short[]) data)[index]);
      case FP32 -> (double) ((float[]) data)[index];
      case FP64 -> ((double[]) data)[index];
      case BYTES -> ((String[]) data)[index];
    };
  }

  private static Object unsigned(long bits) {
    return bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
  }

  /** All elements as numbers; texts are refused. */
  public double[] numbers() {
    var result = new double[size()];
    for (int i = 0; i < result.length; i++) {
      result[i] =
          switch (at(i)) {
            case Number number -> number.doubleValue();
            case Boolean flag -> flag ? 1 : 0;
            case Object other ->
                throw new InvalidInput("tensor \"%s\" at %d".formatted(name, i), other, "a number");
          };
    }
    return result;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && name.equals(that.name)
        && datatype == that.datatype
        && Arrays.equals(shape, that.shape)
        && Objects.deepEquals(data, that.data);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, datatype, Arrays.hashCode(shape), size());
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, datatype, Arrays.toString(shape));
  }
}
