package io.millrace.models;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.models.onnx.proto.TensorProto;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The element types of tensors, under the names of the Open Inference Protocol. */
public enum DataType {
  BOOL(TensorProto.DataType.BOOL, boolean[].class, "bool"),
  UINT8(TensorProto.DataType.UINT8, byte[].class, "uint8"),
  UINT16(TensorProto.DataType.UINT16, short[].class, "uint16"),
  UINT32(TensorProto.DataType.UINT32, int[].class, "uint32"),
  UINT64(TensorProto.DataType.UINT64, long[].class, "uint64"),
  INT8(TensorProto.DataType.INT8, byte[].class, "int8"),
  INT16(TensorProto.DataType.INT16, short[].class, "int16"),
  INT32(TensorProto.DataType.INT32, int[].class, "int32"),
  INT64(TensorProto.DataType.INT64, long[].class, "int64"),
  FP16(TensorProto.DataType.FLOAT16, short[].class, "float16"),
  BF16(TensorProto.DataType.BFLOAT16, short[].class, "bfloat16"),
  FP32(TensorProto.DataType.FLOAT, float[].class, "float32"),
  FP64(TensorProto.DataType.DOUBLE, double[].class, "float64"),
  /** Text, in UTF-8. */
  BYTES(TensorProto.DataType.STRING, String[].class, "object");

  private static final List<DataType> ALL = List.of(values());
  private static final Map<String, DataType> NAMED =
      ALL.stream().collect(Collectors.toUnmodifiableMap(DataType::name, type -> type));

  private final TensorProto.DataType onnx;
  private final Class<?> carrier;
  private final String numpy;

  DataType(TensorProto.DataType onnx, Class<?> carrier, String numpy) {
    this.onnx = onnx;
    this.carrier = carrier;
    this.numpy = numpy;
  }

  /** Reads a name as the protocol writes it. */
  public static DataType named(String name) {
    var known = NAMED.get(name);
    if (known != null) return known;
    throw new InvalidInput(
        "datatype \"%s\" is unknown%s"
            .formatted(name, Names.suggestion(name, ALL.stream().map(DataType::name).toList())));
  }

  /** That with the number in ONNX files; empty where the protocol has none such. */
  public static Optional<DataType> numbered(int onnxNumber) {
    for (var type : ALL) if (type.onnxNumber() == onnxNumber) return Optional.of(type);
    return Optional.empty();
  }

  /** That with the name in ONNX files; empty where the protocol has none such. */
  static Optional<DataType> onnx(String name) {
    for (var type : ALL) if (type.onnx.name().equals(name)) return Optional.of(type);
    return Optional.empty();
  }

  /** The number of the type in ONNX files. */
  public int onnxNumber() {
    return onnx.getNumber();
  }

  /**
   * The class of the Java array that holds such elements; unsigned and half numbers as raw bits.
   */
  public Class<?> carrier() {
    return carrier;
  }

  /** The name in numpy, which MLflow's signatures use. */
  public String numpy() {
    return numpy;
  }

  /** Whether an element can be NaN, which stands for a missing number. */
  public boolean hasNaN() {
    return this == FP32 || this == FP64 || this == FP16 || this == BF16;
  }
}
