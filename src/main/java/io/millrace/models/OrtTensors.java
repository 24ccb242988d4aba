package io.millrace.models;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import io.millrace.base.Unsupported;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tensors to the runtime and back. */
final class OrtTensors {
  private OrtTensors() {}

  /** The type under the protocol's name; empty where it has none. */
  static Optional<DataType> datatype(TensorInfo info) {
    return Optional.ofNullable(
        switch (info.onnxType) {
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FP16;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BF16;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FP32;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FP64;
          case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.BYTES;
          default -> null;
        });
  }

  /**
   * The runtime's tensor over a copy in the arena, which must outlive it. The arena gives memory
   * back at once, where direct buffers would wait for a garbage collection that little heap use
   * brings about late.
   */
  static OnnxTensor give(OrtEnvironment environment, Arena arena, Tensor tensor)
      throws OrtException {
    long[] shape = tensor.shape();
    return switch (tensor.datatype()) {
      case FP32 ->
          OnnxTensor.createTensor(
              environment,
              buffer(arena, tensor, 4).asFloatBuffer().put((float[]) tensor.data()).flip(),
              shape);
      case FP64 ->
          OnnxTensor.createTensor(
              environment,
              buffer(arena, tensor, 8).asDoubleBuffer().put((double[]) tensor.data()).flip(),
              shape);
      case INT64 -> longs(environment, arena, tensor);
      case INT32 -> ints(environment, arena, tensor);
      case INT16 -> shorts(environment, arena, tensor, OnnxJavaType.INT16);
      case FP16 -> shorts(environment, arena, tensor, OnnxJavaType.FLOAT16);
      case BF16 -> shorts(environment, arena, tensor, OnnxJavaType.BFLOAT16);
      case UINT64 -> UnsignedTensors.UINT64.of(longs(environment, arena, tensor));
      case UINT32 -> UnsignedTensors.UINT32.of(ints(environment, arena, tensor));
      case UINT16 ->
          UnsignedTensors.UINT16.of(shorts(environment, arena, tensor, OnnxJavaType.INT16));
      case INT8 ->
          OnnxTensor.createTensor(
              environment,
              buffer(arena, tensor, 1).put((byte[]) tensor.data()).flip(),
              shape,
              OnnxJavaType.INT8);
      case UINT8 ->
          OnnxTensor.createTensor(
              environment,
              buffer(arena, tensor, 1).put((byte[]) tensor.data()).flip(),
              shape,
              OnnxJavaType.UINT8);
      case BOOL -> {
        var buffer = buffer(arena, tensor, 1);
        for (boolean value : (boolean[]) tensor.data()) buffer.put((byte) (value ? 1 : 0));
        yield OnnxTensor.createTensor(environment, buffer.flip(), shape, OnnxJavaType.BOOL);
      }
      case BYTES -> OnnxTensor.createTensor(environment, withoutNulls(tensor.texts()), shape);
    };
  }

  private static OnnxTensor longs(OrtEnvironment environment, Arena arena, Tensor tensor)
      throws OrtException {
    var buffer = buffer(arena, tensor, 8).asLongBuffer().put(tensor.longs()).flip();
    return OnnxTensor.createTensor(environment, buffer, tensor.shape());
  }

  private static OnnxTensor ints(OrtEnvironment environment, Arena arena, Tensor tensor)
      throws OrtException {
    var buffer = buffer(arena, tensor, 4).asIntBuffer().put((int[]) tensor.data()).flip();
    return OnnxTensor.createTensor(environment, buffer, tensor.shape());
  }

  private static OnnxTensor shorts(
      OrtEnvironment environment, Arena arena, Tensor tensor, OnnxJavaType type)
      throws OrtException {
    var buffer = buffer(arena, tensor, 2).asShortBuffer().put((short[]) tensor.data()).flip();
    return OnnxTensor.createTensor(environment, buffer, tensor.shape(), type);
  }

  /** A copy on the heap. */
  static Tensor take(String name, OnnxValue value) throws OrtException {
    if (!(value instanceof OnnxTensor tensor))
      throw new Unsupported("output \"%s\" is not a tensor".formatted(name));
    var info = tensor.getInfo();
    var datatype =
        datatype(info)
            .orElseThrow(() ->
                new Unsupported(
                    "output \"%s\": type %s is not served".formatted(name, info.onnxType)));
    int count = Math.toIntExact(OrtUtil.elementCount(info.getShape()));
    Object data =
        switch (datatype) {
          case FP32 -> {
            var values = new float[count];
            tensor.getFloatBuffer().get(values);
            yield values;
          }
          case FP64 -> {
            var values = new double[count];
            tensor.getDoubleBuffer().get(values);
            yield values;
          }
          case INT64, UINT64 -> {
            var values = new long[count];
            tensor.getLongBuffer().get(values);
            yield values;
          }
          case INT32, UINT32 -> {
            var values = new int[count];
            tensor.getIntBuffer().get(values);
            yield values;
          }
          case INT16, UINT16, FP16, BF16 -> {
            var values = new short[count];
            tensor.getShortBuffer().get(values);
            yield values;
          }
          case INT8, UINT8 -> {
            var values = new byte[count];
            tensor.getByteBuffer().get(values);
            yield values;
          }
          case BOOL -> {
            var bytes = tensor.getByteBuffer();
            var values = new boolean[count];
            for (int i = 0; i < count; i++) values[i] = bytes.get(i) != 0;
            yield values;
          }
          case BYTES -> texts(tensor, count);
        };
    return new Tensor(name, datatype, info.getShape(), data);
  }

  private static String[] texts(OnnxTensor tensor, int count) throws OrtException {
    if (count == 0) return new String[0];
    return switch (tensor.getValue()) {
      case String one -> new String[] {one};
      case String[] flat -> flat;
      case Object nested -> OrtUtil.flattenString(nested);
    };
  }

  private static String[] withoutNulls(@Nullable String[] texts) {
    var result = new String[texts.length];
    for (int i = 0; i < texts.length; i++) {
      var text = texts[i];
      result[i] = text == null ? "" : text;
    }
    return result;
  }

  private static ByteBuffer buffer(Arena arena, Tensor tensor, int size) {
    // The runtime refuses a buffer without memory, and a tensor of no elements has none.
    return arena
        .allocate(Math.max(1, (long) size * tensor.size()), 8)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }
}
