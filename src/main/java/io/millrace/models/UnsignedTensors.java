package io.millrace.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.millrace.models.onnx.OnnxGraph;
import java.util.Map;

/**
 * Gives the runtime whole numbers of 16, 32 and 64 bits without a sign. Its Java binding reads such
 * tensors and cannot make one; a model of a single Cast makes it of the signed tensor with the same
 * bits, which is what ONNX says a Cast between whole numbers of one size keeps. Thread-safe.
 */
final class UnsignedTensors {
  static final UnsignedTensors UINT16 = new UnsignedTensors(DataType.UINT16, DataType.INT16);
  static final UnsignedTensors UINT32 = new UnsignedTensors(DataType.UINT32, DataType.INT32);
  static final UnsignedTensors UINT64 = new UnsignedTensors(DataType.UINT64, DataType.INT64);

  private final OrtSession cast;

  private UnsignedTensors(DataType to, DataType from) {
    var graph = new OnnxGraph("unsigned");
    var signed = graph.inputOfAnyShape("signed", from);
    var unsigned = graph.node("Cast", signed).with("to", to.onnxNumber()).out();
    graph.outputOfAnyShape(unsigned, to);
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      cast = OrtRuntime.environment().createSession(graph.bytes(), options);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The unsigned tensor with these bits; closes the signed one. */
  OnnxTensor of(OnnxTensor signed) throws OrtException {
    try (signed) {
      // The result owns nothing beside its tensor, which whoever asked closes.
      return (OnnxTensor) cast.run(Map.of("signed", signed)).get(0);
    }
  }
}
