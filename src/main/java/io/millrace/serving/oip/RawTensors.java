package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * Tensors as bytes: little-endian, row-major, without padding; a truth value is a byte 0 or 1, a
 * text its length in 4 bytes and then its UTF-8.
 */
final class RawTensors {
  private static final int LENGTH = 4;

  private RawTensors() {}

  /** The bytes of one element; 0 for BYTES, where each has its own. */
  static int elementSize(DataType datatype) {
    return switch (datatype) {
      case BOOL, UINT8, INT8 -> 1;
      case UINT16, INT16, FP16, BF16 -> 2;
      case UINT32, INT32, FP32 -> 4;
      case UINT64, INT64, FP64 -> 8;
      case BYTES -> 0;
    };
  }

  /**
   * The elements that the shape says, of all the bytes.
   *
   * @param place how to name the tensor in what is refused
   */
  static Object read(String place, DataType datatype, long[] shape, ByteBuffer given) {
    var bytes = given.slice().order(ByteOrder.LITTLE_ENDIAN);
    long count = Tensor.elements(place, shape);
    if (datatype == DataType.BYTES) return texts(place, shape, count, bytes);
    int size = elementSize(datatype);
    if (count > Integer.MAX_VALUE / size || count * size != bytes.remaining()) {
      throw new InvalidInput(
          "%s: got %d bytes, expected %d elements of %d bytes for shape %s of %s"
              .formatted(place, bytes.remaining(), count, size, Arrays.toString(shape), datatype));
    }
    int length = (int) count;
    return switch (datatype) {
      case BOOL -> flags(place, length, bytes);
      case UINT8, INT8 -> {
        var values = new byte[length];
        bytes.get(values);
        yield values;
      }
      case UINT16, INT16, FP16, BF16 -> {
        var values = new short[length];
        bytes.asShortBuffer().get(values);
        yield values;
      }
      case UINT32, INT32 -> {
        var values = new int[length];
        bytes.asIntBuffer().get(values);
        yield values;
      }
      case UINT64, INT64 -> {
        var values = new long[length];
        bytes.asLongBuffer().get(values);
        yield values;
      }
      case FP32 -> {
        var values = new float[length];
        bytes.asFloatBuffer().get(values);
        yield values;
      }
      case FP64 -> {
        var values = new double[length];
        bytes.asDoubleBuffer().get(values);
        yield values;
      }
      case BYTES -> throw new IllegalStateException("texts are read above");
    };
  }

  private static boolean[] flags(String place, int length, ByteBuffer bytes) {
    var values = new boolean[length];
    for (int i = 0; i < length; i++) {
      byte value = bytes.get();
      if (value < 0 || value > 1)
        throw new InvalidInput(
            "%s: element %d: got the byte %d, expected 0 or 1"
                .formatted(place, i, Byte.toUnsignedInt(value)));
      values[i] = value == 1;
    }
    return values;
  }

  private static String[] texts(String place, long[] shape, long count, ByteBuffer bytes) {
    // Nothing is made for elements that so many bytes cannot hold.
    var texts = new ArrayList<String>((int) Math.min(count, bytes.remaining() / LENGTH));
    while (bytes.hasRemaining()) {
      if (bytes.remaining() < LENGTH)
        throw new InvalidInput(
            "%s: element %d: got %d bytes at the end, expected a length of 4 bytes"
                .formatted(place, texts.size(), bytes.remaining()));
      long length = Integer.toUnsignedLong(bytes.getInt());
      if (length > bytes.remaining())
        throw new InvalidInput(
            "%s: element %d: its length says %d bytes, and %d are left"
                .formatted(place, texts.size(), length, bytes.remaining()));
      var text = bytes.slice(bytes.position(), (int) length);
      bytes.position(bytes.position() + (int) length);
      texts.add(text(place, texts.size(), text));
    }
    if (texts.size() != count)
      throw new InvalidInput(
          "%s: got %d elements, expected %d for shape %s"
              .formatted(place, texts.size(), count, Arrays.toString(shape)));
    return texts.toArray(String[]::new);
  }

  /** Texts are UTF-8, without the character that would end them in the runtime. */
  static String text(String place, int index, ByteBuffer utf8) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInput(
          "%s: element %d: got bytes that are not UTF-8; models here take BYTES as texts"
              .formatted(place, index));
    }
    if (text.indexOf('\0') >= 0)
      throw new InvalidInput(
          "%s: element %d: got a text with a NUL character, which the runtime would cut"
              .formatted(place, index));
    return text;
  }

  static byte[] write(Tensor tensor) {
    if (tensor.datatype() == DataType.BYTES) return write(tensor.texts());
    int size = Math.multiplyExact(elementSize(tensor.datatype()), tensor.size());
    var bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    switch (tensor.data()) {
      case boolean[] values -> {
        for (boolean value : values) bytes.put((byte) (value ? 1 : 0));
      }
      case byte[] values -> bytes.put(values);
      case short[] values -> bytes.asShortBuffer().put(values);
      case int[] values -> bytes.asIntBuffer().put(values);
      case long[] values -> bytes.asLongBuffer().put(values);
      case float[] values -> bytes.asFloatBuffer().put(values);
      case double[] values -> bytes.asDoubleBuffer().put(values);
      case Object other -> throw new IllegalStateException(other.getClass().getName());
    }
    return bytes.array();
  }

  private static byte[] write(String[] texts) {
    var out = new ByteArrayOutputStream(16 * texts.length);
    var length = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    for (var text : texts) {
      var utf8 = text.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(length.putInt(0, utf8.length).array());
      out.writeBytes(utf8);
    }
    return out.toByteArray();
  }
}
