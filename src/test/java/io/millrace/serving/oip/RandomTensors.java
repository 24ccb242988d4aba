package io.millrace.serving.oip;

import io.millrace.models.DataType;
import io.millrace.models.HalfNumbers;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.util.Random;

/** Tensors of any datatype and small shape, with the values that are hard to keep. */
final class RandomTensors {
  private final Random random;

  RandomTensors(long seed) {
    this.random = new Random(seed);
  }

  Tensor next(String name, DataType datatype) {
    var shape = new long[random.nextInt(4)];
    int count = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = random.nextInt(5);
      count *= (int) shape[i];
    }
    var data = Array.newInstance(datatype.carrier().componentType(), count);
    for (int i = 0; i < count; i++) {
      set(data, i);
      if (datatype == DataType.FP16 || datatype == DataType.BF16) makeFinite(datatype, data, i);
    }
    return new Tensor(name, datatype, shape, data);
  }

  private void set(Object data, int i) {
    switch (data) {
      case boolean[] values -> values[i] = random.nextBoolean();
      case byte[] values -> values[i] = (byte) random.nextInt();
      case short[] values -> values[i] = (short) random.nextInt();
      case int[] values -> values[i] = random.nextInt();
      case long[] values ->
          values[i] =
              switch (random.nextInt(3)) {
                case 0 -> Long.MIN_VALUE;
                case 1 -> (1L << 53) + 1;
                default -> random.nextLong();
              };
      case float[] values -> values[i] = single();
      case double[] values -> values[i] = number();
      case String[] values -> values[i] = text();
      case Object other -> throw new IllegalArgumentException(other.getClass().getName());
    }
  }

  private static void makeFinite(DataType datatype, Object data, int i) {
    if (!Float.isFinite(HalfNumbers.value(datatype, Array.getShort(data, i))))
      Array.setShort(data, i, (short) 1);
  }

  private float single() {
    return switch (random.nextInt(5)) {
      case 0 -> Float.MIN_VALUE;
      case 1 -> -Float.MAX_VALUE;
      case 2 -> -0f;
      default -> {
        float value = Float.intBitsToFloat(random.nextInt());
        yield Float.isFinite(value) ? value : 1;
      }
    };
  }

  private double number() {
    return switch (random.nextInt(5)) {
      case 0 -> Double.MIN_VALUE;
      case 1 -> -Double.MAX_VALUE;
      case 2 -> -0.0;
      default -> {
        double value = Double.longBitsToDouble(random.nextLong());
        yield Double.isFinite(value) ? value : 1;
      }
    };
  }

  private String text() {
    var text = new StringBuilder();
    for (int length = random.nextInt(6); length > 0; length--)
      text.appendCodePoint(
          new int[] {'a', '"', '\\', '\n', 0x7F, 0xE9, 0x4E2D, 0x1F600, 1}[random.nextInt(9)]);
    return text.toString();
  }
}
