package io.millrace.serving.predictions;

import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a logged request: a frame of length (4), CRC-32C of the body (4), body. All numbers
 * are little-endian; a text is its length in bytes, -1 for none, and UTF-8.
 *
 * <p>Not thread-safe: it writes into a buffer of its own, which is taken over before the next.
 */
final class Frames {
  static final int HEAD = 8;

  /** A body that would be larger is written without its tensors. */
  static final int LARGEST = 1 << 20;

  private static final byte WHOLE = 1;
  private static final byte WITHOUT_TENSORS = 2;

  private ByteBuffer buffer = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);

  /** The frame, good until the next call. */
  ByteBuffer write(Prediction prediction, Set<String> mask) {
    body(prediction, mask, prediction.bytes() <= LARGEST);
    if (buffer.position() - HEAD > LARGEST) body(prediction, mask, false);
    int length = buffer.position() - HEAD;
    var crc = new CRC32C();
    crc.update(buffer.array(), HEAD, length);
    buffer.putInt(0, length).putInt(4, (int) crc.getValue());
    return buffer.flip();
  }

  private void body(Prediction prediction, Set<String> mask, boolean tensors) {
    buffer.clear().position(HEAD);
    room(64).put(tensors ? WHOLE : WITHOUT_TENSORS);
    buffer.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, prediction.at()));
    buffer.putLong(prediction.latencyMicros());
    text(prediction.id());
    var deployment = prediction.deployment();
    text(deployment.endpoint().value());
    text(deployment.version().toString());
    text(deployment.packageDigest().hex());
    text(prediction.variant());
    text(prediction.caller().id());
    var context = prediction.caller().context();
    room(4).putInt(context.size());
    context.forEach((key, value) -> {
      text(key);
      text(value);
    });
    if (!tensors) return;
    tensors(prediction.inputs(), mask);
    tensors(prediction.outputs(), mask);
  }

  private void tensors(List<Tensor> tensors, Set<String> mask) {
    room(4).putInt(tensors.size());
    for (var tensor : tensors) {
      text(tensor.name());
      var shape = tensor.shape();
      room(8 + 8 * shape.length).put((byte) tensor.datatype().onnxNumber());
      buffer.put((byte) (mask.contains(tensor.name()) ? 1 : 0)).putShort((short) shape.length);
      for (long size : shape) buffer.putLong(size);
      if (!mask.contains(tensor.name())) data(tensor);
    }
  }

  private void data(Tensor tensor) {
    var to = room(8 * tensor.size());
    switch (tensor.data()) {
      case float[] values -> {
        for (float value : values) to.putFloat(value);
      }
      case double[] values -> {
        for (double value : values) to.putDouble(value);
      }
      case long[] values -> {
        for (long value : values) to.putLong(value);
      }
      case int[] values -> {
        for (int value : values) to.putInt(value);
      }
      case short[] values -> {
        for (short value : values) to.putShort(value);
      }
      case byte[] values -> to.put(values);
      case boolean[] values -> {
        for (boolean value : values) to.put((byte) (value ? 1 : 0));
      }
      case String[] values -> {
        for (String value : values) text(value);
      }
      default -> throw new IllegalArgumentException("no tensor holds " + tensor.data().getClass());
    }
  }

  private void text(@Nullable String text) {
    if (text == null) {
      room(4).putInt(-1);
      return;
    }
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    room(4 + bytes.length).putInt(bytes.length).put(bytes);
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int size = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
      buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
    }
    return buffer;
  }

  /** Whether the body is what the frame's head says. */
  static boolean isWhole(ByteBuffer body, int expected) {
    var crc = new CRC32C();
    crc.update(body.duplicate());
    return (int) crc.getValue() == expected;
  }

  /** Whether the body has the tensors of one of the endpoint's requests; leaves it as it is. */
  static boolean isOf(ByteBuffer body, String endpoint) {
    var in = body.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (in.get() == WITHOUT_TENSORS) return false;
    in.position(in.position() + 2 * Long.BYTES); // when, and how long it took
    int id = in.getInt();
    in.position(in.position() + Math.max(0, id));
    return endpoint.equals(text(in));
  }

  /** Reads a body. */
  static Logged read(ByteBuffer from) {
    var in = from.order(ByteOrder.LITTLE_ENDIAN);
    byte kind = in.get();
    var at = Instant.EPOCH.plus(in.getLong(), ChronoUnit.MICROS);
    long latency = in.getLong();
    var id = present(in);
    var model =
        new Logged.Model(present(in), present(in), present(in), text(in)); // in the body's order
    var client = text(in);
    var context = new TreeMap<String, String>();
    for (int left = in.getInt(); left > 0; left--) context.put(present(in), present(in));
    if (kind == WITHOUT_TENSORS)
      return new Logged(id, at, latency, model, client, context, null, null);
    return new Logged(id, at, latency, model, client, context, readTensors(in), readTensors(in));
  }

  private static List<Logged.Values> readTensors(ByteBuffer in) {
    int count = in.getInt();
    var tensors = new ArrayList<Logged.Values>(count);
    for (int i = 0; i < count; i++) {
      var name = present(in);
      var type = datatype(in.get());
      boolean masked = in.get() != 0;
      var shape = new long[in.getShort()];
      for (int j = 0; j < shape.length; j++) shape[j] = in.getLong();
      tensors.add(new Logged.Values(name, shape, masked ? null : readData(in, name, type, shape)));
    }
    return tensors;
  }

  private static Tensor readData(ByteBuffer in, String name, DataType type, long[] shape) {
    int size = (int) Tensor.elements(name, shape);
    var data = Array.newInstance(type.carrier().componentType(), size);
    for (int i = 0; i < size; i++) {
      switch (data) {
        case float[] values -> values[i] = in.getFloat();
        case double[] values -> values[i] = in.getDouble();
        case long[] values -> values[i] = in.getLong();
        case int[] values -> values[i] = in.getInt();
        case short[] values -> values[i] = in.getShort();
        case byte[] values -> values[i] = in.get();
        case boolean[] values -> values[i] = in.get() != 0;
        case String[] values -> values[i] = present(in);
        default -> throw new IllegalStateException(data.getClass().toString());
      }
    }
    return new Tensor(name, type, shape, data);
  }

  private static DataType datatype(byte number) {
    return DataType.numbered(number)
        .orElseThrow(() -> new IllegalStateException("no datatype has the number " + number));
  }

  private static @Nullable String text(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0) return null;
    var text =
        new String(in.array(), in.arrayOffset() + in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    return text;
  }

  private static String present(ByteBuffer in) {
    var text = text(in);
    return text == null ? "" : text;
  }
}
