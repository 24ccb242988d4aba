package io.millrace.models.onnx;

import com.google.protobuf.ByteString;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.proto.AttributeProto;
import io.millrace.models.onnx.proto.AttributeProto.AttributeType;
import io.millrace.models.onnx.proto.NodeProto;
import java.util.List;
import java.util.Locale;

/** A node that is being added to an {@link OnnxGraph}: attributes first, then its outputs. */
public final class OnnxNode {
  private final OnnxGraph graph;
  private final NodeProto.Builder node;

  OnnxNode(OnnxGraph graph, String operator, List<String> inputs) {
    this.graph = graph;
    this.node = NodeProto.newBuilder().setOpType(operator).addAllInput(inputs);
  }

  /** The operator is one of ai.onnx.ml. */
  public OnnxNode ml() {
    node.setDomain(OnnxGraph.ML);
    return this;
  }

  /** A whole number; where the operator wants a fraction write 1f, since ONNX tells them apart. */
  public OnnxNode with(String name, long value) {
    node.addAttribute(attribute(name, AttributeType.INT).setI(value));
    return this;
  }

  public OnnxNode with(String name, float value) {
    node.addAttribute(attribute(name, AttributeType.FLOAT).setF(value));
    return this;
  }

  public OnnxNode with(String name, String value) {
    node.addAttribute(attribute(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
    return this;
  }

  public OnnxNode with(String name, long[] values) {
    var attribute = attribute(name, AttributeType.INTS);
    for (long value : values) attribute.addInts(value);
    node.addAttribute(attribute);
    return this;
  }

  public OnnxNode with(String name, float[] values) {
    var attribute = attribute(name, AttributeType.FLOATS);
    for (float value : values) attribute.addFloats(value);
    node.addAttribute(attribute);
    return this;
  }

  public OnnxNode with(String name, List<String> values) {
    var attribute = attribute(name, AttributeType.STRINGS);
    values.forEach(value -> attribute.addStrings(ByteString.copyFromUtf8(value)));
    node.addAttribute(attribute);
    return this;
  }

  public OnnxNode with(String name, Tensor value) {
    node.addAttribute(attribute(name, AttributeType.TENSOR).setT(TensorProtos.write(value)));
    return this;
  }

  /** Adds the node; its one output gets a name of its own, which is returned. */
  public String out() {
    var name = graph.fresh(node.getOpType().toLowerCase(Locale.ROOT));
    graph.release(name);
    return out(name);
  }

  /** Adds the node with one output of this name. */
  public String out(String name) {
    graph.add(node, List.of(name));
    return name;
  }

  /** Adds the node with several outputs; an empty name is an output left out. */
  public void outs(String... names) {
    graph.add(node, List.of(names));
  }

  private static AttributeProto.Builder attribute(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
