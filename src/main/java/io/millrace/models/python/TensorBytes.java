package io.millrace.models.python;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.millrace.base.Json;
import io.millrace.base.TooLarge;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tensors as the Python process reads and writes them: described in JSON, then one after another as
 * bytes, numbers little end first, texts as their length in four bytes and UTF-8 (-1: none).
 */
final class TensorBytes {
  /** The most bytes of a question or an answer. */
  static final int LARGEST = 256 << 20;

  private TensorBytes() {}

  static ArrayNode describe(List<Tensor> tensors) {
    var described = Json.array();
    for (var tensor : tensors) {
      var shape = described.addObject().put("datatype", tensor.datatype().name()).putArray("shape");
      for (long size : tensor.shape()) shape.add(size);
    }
    return described;
  }

  static byte[] write(List<Tensor> tensors) {
    var texts = new ArrayList<byte @Nullable []>();
    long length = 0;
    for (var tensor : tensors) {
      if (tensor.datatype() != DataType.BYTES) {
        length += (long) tensor.size() * width(tensor.datatype());
        continue;
      }
      for (@Nullable String text : tensor.texts()) {
        var bytes = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
        texts.add(bytes);
        length += 4 + (bytes == null ? 0 : bytes.length);
      }
    }
    if (length > LARGEST)
      throw new TooLarge(
          "the inputs have %d bytes, and a Python model takes %d at once: send fewer rows"
              .formatted(length, LARGEST));
    var buffer = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    int text = 0;
    for (var tensor : tensors) {
      if (tensor.datatype() == DataType.BYTES) {
        for (int i = 0; i < tensor.size(); i++) {
          var bytes = texts.get(text++);
          buffer.putInt(bytes == null ? -1 : bytes.length);
          if (bytes != null) buffer.put(bytes);
        }
      } else put(buffer, tensor.data());
    }
    return buffer.array();
  }

  private static void put(ByteBuffer buffer, Object data) {
    switch (data) {
      case byte[] all -> buffer.put(all);
      case boolean[] all -> {
        for (boolean value : all) buffer.put((byte) (value ? 1 : 0));
      }
      case short[] all -> {
        for (short value : all) buffer.putShort(value);
      }
      case int[] all -> {
        for (int value : all) buffer.putInt(value);
      }
      case long[] all -> {
        for (long value : all) buffer.putLong(value);
      }
      case float[] all -> {
        for (float value : all) buffer.putFloat(value);
      }
      case double[] all -> {
        for (double value : all) buffer.putDouble(value);
      }
      default -> throw new IllegalArgumentException(data.getClass().getSimpleName());
    }
  }

  /** The answer's tensors, which are those of the outputs. */
  static List<Tensor> read(List<Field> outputs, JsonNode described, byte[] bytes) {
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    var tensors = new ArrayList<Tensor>(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      var output = outputs.get(i);
      var sizes = described.path(i).path("shape");
      var shape = new long[sizes.size()];
      for (int d = 0; d < shape.length; d++) shape[d] = sizes.path(d).longValue();
      int count = Math.toIntExact(Tensor.elements(output.name(), shape));
      var data = Array.newInstance(output.datatype().carrier().componentType(), count);
      for (int at = 0; at < count; at++) Array.set(data, at, next(buffer, output.datatype()));
      tensors.add(new Tensor(output.name(), output.datatype(), shape, data));
    }
    return tensors;
  }

  private static Object next(ByteBuffer buffer, DataType datatype) {
    return switch (datatype) {
      case BOOL -> buffer.get() != 0;
      case INT8, UINT8 -> buffer.get();
      case INT16, UINT16, FP16, BF16 -> buffer.getShort();
      case INT32, UINT32 -> buffer.getInt();
      case INT64, UINT64 -> buffer.getLong();
      case FP32 -> buffer.getFloat();
      case FP64 -> buffer.getDouble();
      case BYTES -> {
        var bytes = new byte[Math.max(0, buffer.getInt())];
        buffer.get(bytes);
        yield new String(bytes, StandardCharsets.UTF_8);
      }
    };
  }

  private static int width(DataType datatype) {
    return switch (datatype) {
      case BOOL, INT8, UINT8 -> 1;
      case INT16, UINT16, FP16, BF16 -> 2;
      case INT32, UINT32, FP32 -> 4;
      case INT64, UINT64, FP64 -> 8;
      case BYTES -> throw new IllegalStateException("texts have their own lengths");
    };
  }
}
