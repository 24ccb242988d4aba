package io.millrace.models.onnx;

import com.google.protobuf.ByteString;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes tensors as ONNX files hold them. */
final class TensorProtos {
  private TensorProtos() {}

  /** Numbers go as raw little-endian bytes, texts as UTF-8. */
  static TensorProto write(Tensor tensor) {
    var proto =
        TensorProto.newBuilder().setName(tensor.name()).setDataType(tensor.datatype().onnxNumber());
    for (long size : tensor.shape()) proto.addDims(size);
    if (tensor.data() instanceof String[] texts) {
      for (var text : texts) proto.addStringData(ByteString.copyFromUtf8(text));
    } else {
      proto.setRawData(raw(tensor.data()));
    }
    return proto.build();
  }

  private static ByteString raw(Object data) {
    return switch (data) {
      case byte[] values -> ByteString.copyFrom(values);
      case boolean[] values -> {
        var bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (values[i] ? 1 : 0);
        yield ByteString.copyFrom(bytes);
      }
      case short[] values -> {
        var buffer = buffer(2, values.length);
        buffer.asShortBuffer().put(values);
        yield ByteString.copyFrom(buffer);
      }
      case int[] values -> {
        var buffer = buffer(4, values.length);
        buffer.asIntBuffer().put(values);
        yield ByteString.copyFrom(buffer);
      }
      case long[] values -> {
        var buffer = buffer(8, values.length);
        buffer.asLongBuffer().put(values);
        yield ByteString.copyFrom(buffer);
      }
      case float[] values -> {
        var buffer = buffer(4, values.length);
        buffer.asFloatBuffer().put(values);
        yield ByteString.copyFrom(buffer);
      }
      case double[] values -> {
        var buffer = buffer(8, values.length);
        buffer.asDoubleBuffer().put(values);
        yield ByteString.copyFrom(buffer);
      }
      default -> throw new IllegalArgumentException(data.getClass().getName());
    };
  }

  private static ByteBuffer buffer(int size, int count) {
    return ByteBuffer.allocate(Math.multiplyExact(size, count)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
