package io.millrace.models.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.proto.GraphProto;
import io.millrace.models.onnx.proto.ModelProto;
import io.millrace.models.onnx.proto.NodeProto;
import io.millrace.models.onnx.proto.OperatorSetIdProto;
import io.millrace.models.onnx.proto.TensorShapeProto;
import io.millrace.models.onnx.proto.TypeProto;
import io.millrace.models.onnx.proto.ValueInfoProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An ONNX graph under construction: nodes are added in the order of evaluation, values are referred
 * to by name. Equal calls give equal bytes. Not safe for use by several threads.
 *
 * <pre>{@code
 * var graph = new OnnxGraph("delay");
 * graph.input("distance", DataType.FP32, -1);
 * var filled = graph.add("Where", graph.add("IsNaN", "distance"), graph.floats("mean", 700f), "distance");
 * var codes = graph.node("LabelEncoder", "carrier").ml().with("keys_strings", List.of("AA", "DL"))
 *     .with("values_floats", new float[] {0, 1}).with("default_float", Float.NaN).out();
 * graph.output(filled, DataType.FP32, -1);
 * byte[] file = graph.bytes();
 * }</pre>
 */
public final class OnnxGraph {
  /** The operator set of ONNX itself that graphs made here use. */
  public static final int OPSET = 18;

  public static final String ML = "ai.onnx.ml";

  private final GraphProto.Builder graph;
  private final Set<String> names = new HashSet<>();
  private int mlOpset = 5;

  public OnnxGraph(String name) {
    graph = GraphProto.newBuilder().setName(name);
  }

  private OnnxGraph(GraphProto from, int mlOpset) {
    graph = from.toBuilder();
    this.mlOpset = mlOpset;
    from.getInputList().forEach(value -> names.add(value.getName()));
    from.getInitializerList().forEach(tensor -> names.add(tensor.getName()));
    from.getNodeList().forEach(node -> names.addAll(node.getOutputList()));
  }

  /** Goes on with a graph that {@link #bytes} wrote. */
  public static OnnxGraph read(byte[] file) {
    try {
      var model = ModelProto.parseFrom(file);
      int ml =
          model.getOpsetImportList().stream()
              .filter(set -> set.getDomain().equals(ML))
              .mapToInt(set -> (int) set.getVersion())
              .findFirst()
              .orElse(5);
      return new OnnxGraph(model.getGraph(), ml);
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidInput("not an ONNX file: " + e.getMessage());
    }
  }

  public OnnxGraph copy() {
    return new OnnxGraph(graph.build(), mlOpset);
  }

  /**
   * Chooses the operator set of ai.onnx.ml: 5 (the default, with TreeEnsemble) or 3, which older
   * runtimes know.
   */
  public OnnxGraph mlOpset(int version) {
    if (version != 3 && version != 5) throw new IllegalArgumentException("ai.onnx.ml " + version);
    mlOpset = version;
    return this;
  }

  /**
   * Declares an input; the size -1 is a free dimension, the first one the batch. Returns the name.
   */
  public String input(String name, DataType type, long... shape) {
    claim(name);
    graph.addInput(value(name, type, shape));
    return name;
  }

  /** Declares an input of any number of dimensions. Returns the name. */
  public String inputOfAnyShape(String name, DataType type) {
    claim(name);
    graph.addInput(value(name, TypeProto.Tensor.newBuilder(), type));
    return name;
  }

  /** Makes a value of any number of dimensions an output of the graph. */
  public OnnxGraph outputOfAnyShape(String name, DataType type) {
    if (!names.contains(name)) throw new IllegalArgumentException("no value " + name);
    graph.addOutput(value(name, TypeProto.Tensor.newBuilder(), type));
    return this;
  }

  /** Makes a value an output of the graph. */
  public OnnxGraph output(String name, DataType type, long... shape) {
    if (!names.contains(name)) throw new IllegalArgumentException("no value " + name);
    graph.addOutput(value(name, type, shape));
    return this;
  }

  /** Takes back all outputs, to go on with a graph that was run up to some intermediate values. */
  public OnnxGraph clearOutputs() {
    graph.clearOutput();
    return this;
  }

  /**
   * Adds a constant under the tensor's name, or a name near it where that is taken; returns the
   * name.
   */
  public String constant(Tensor tensor) {
    var name = fresh(tensor.name());
    graph.addInitializer(TensorProtos.write(tensor.named(name)));
    return name;
  }

  /** A constant vector; several calls may suggest the same name. */
  public String floats(String name, float... values) {
    return constant(Tensor.of(name, values));
  }

  /** A constant vector; several calls may suggest the same name. */
  public String longs(String name, long... values) {
    return constant(Tensor.of(name, values));
  }

  /** A constant vector; several calls may suggest the same name. */
  public String texts(String name, String... values) {
    return constant(Tensor.of(name, values));
  }

  /** A constant without dimensions. */
  public String scalar(String name, float value) {
    return constant(new Tensor(name, DataType.FP32, new long[0], new float[] {value}));
  }

  /** Adds a node without attributes; returns the name of its one output. */
  public String add(String operator, String... inputs) {
    return node(operator, inputs).out();
  }

  /**
   * Begins a node; it is added when its outputs are named. An empty input name is an input left
   * out.
   */
  public OnnxNode node(String operator, String... inputs) {
    return new OnnxNode(this, operator, List.of(inputs));
  }

  /** The file. Declares ai.onnx.ml only where it is used. */
  public byte[] bytes() {
    var model =
        ModelProto.newBuilder().setProducerName("millrace").addOpsetImport(opset("", OPSET));
    boolean ml = graph.getNodeList().stream().anyMatch(node -> node.getDomain().equals(ML));
    if (ml) model.addOpsetImport(opset(ML, mlOpset));
    // ai.onnx.ml 5 came with version 10 of the file format.
    return model
        .setIrVersion(ml && mlOpset >= 5 ? 10 : 9)
        .setGraph(graph.build())
        .build()
        .toByteArray();
  }

  void add(NodeProto.Builder node, List<String> outputs) {
    node.getInputList()
        .forEach(input -> {
          if (!input.isEmpty() && !names.contains(input))
            throw new IllegalArgumentException("no value " + input);
        });
    outputs.forEach(this::claim);
    graph.addNode(
        node.setName(node.getOpType() + "_" + graph.getNodeCount()).addAllOutput(outputs));
  }

  /** A name that no value has: the wish itself, or the wish and a number. */
  String fresh(String wish) {
    if (!names.contains(wish)) {
      names.add(wish);
      return wish;
    }
    int number = 2;
    while (names.contains(wish + "_" + number)) number++;
    names.add(wish + "_" + number);
    return wish + "_" + number;
  }

  void release(String name) {
    names.remove(name);
  }

  private void claim(String name) {
    if (name.isEmpty() || !names.add(name))
      throw new IllegalArgumentException("there is a value \"%s\" already".formatted(name));
  }

  private static OperatorSetIdProto opset(String domain, long version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }

  private static ValueInfoProto value(String name, DataType type, long... shape) {
    var dimensions = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.length; i++) {
      var dimension = dimensions.addDimBuilder();
      if (shape[i] >= 0) dimension.setDimValue(shape[i]);
      else dimension.setDimParam(i == 0 ? "N" : "%s_%d".formatted(name, i));
    }
    return value(name, TypeProto.Tensor.newBuilder().setShape(dimensions), type);
  }

  private static ValueInfoProto value(String name, TypeProto.Tensor.Builder tensor, DataType type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor.setElemType(type.onnxNumber())))
        .build();
  }
}
