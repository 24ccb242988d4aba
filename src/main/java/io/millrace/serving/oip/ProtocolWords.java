package io.millrace.serving.oip;

import io.millrace.models.DataType;
import io.millrace.serving.Lease;
import java.util.List;
import java.util.Map;

/** What this server says of itself and its models, on every wire alike. */
final class ProtocolWords {
  static final String SERVER = "millrace";

  /** The parts of the protocol beyond its core that are spoken here, by Triton's names. */
  static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "classification",
          "model_configuration",
          "model_repository",
          "model_repository(unload_dependents)",
          "parameters",
          "statistics",
          "trace",
          "logging");

  /** Triton's settings of traces: there are none here, and nothing of it can be changed. */
  static final Map<String, List<String>> TRACE =
      Map.of(
          "trace_level", List.of("OFF"),
          "trace_rate", List.of("1000"),
          "trace_count", List.of("-1"),
          "log_frequency", List.of("0"),
          "trace_file", List.of(""),
          "trace_mode", List.of("triton"));

  /** Triton's settings of its log, as they stand here for good. */
  static final Map<String, Object> LOG =
      Map.of(
          "log_file",
          "",
          "log_info",
          true,
          "log_warning",
          true,
          "log_error",
          true,
          "log_verbose_level",
          0,
          "log_format",
          "default");

  static final String TRACE_IS_FIXED =
      "trace settings cannot be changed here; this server's are read by GET";
  static final String LOG_IS_FIXED =
      "log settings cannot be changed here; this server's are read by GET";

  private ProtocolWords() {}

  /** What runs a model, as frameworks are called on these wires. */
  static String platform(Lease lease) {
    return switch (lease.engine()) {
      case ONNX -> "onnxruntime_onnx";
      case PYTHON -> "mlflow_pyfunc";
    };
  }

  static String backend(Lease lease) {
    return switch (lease.engine()) {
      case ONNX -> "onnxruntime";
      case PYTHON -> "python";
    };
  }

  /** The name of a datatype in a model's configuration. */
  static String configured(DataType datatype) {
    return datatype == DataType.BYTES ? "TYPE_STRING" : "TYPE_" + datatype.name();
  }
}
