package io.millrace.models.explanations;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.models.onnx.proto.AttributeProto;
import io.millrace.models.onnx.proto.GraphProto;
import io.millrace.models.onnx.proto.ModelProto;
import io.millrace.models.onnx.proto.NodeProto;
import io.millrace.models.onnx.proto.TensorProto;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds in an ONNX file the form that tree models have which are trained here: columns, texts as
 * numbers, one matrix, one TreeEnsemble, a link function. Of any other graph it finds nothing.
 */
final class TreeGraphReader {
  /** What makes the answer of a sum of leaves. */
  enum Link {
    IDENTITY,
    SIGMOID,
    SOFTMAX
  }

  /**
   * A column of the matrix that the trees split.
   *
   * @param input the model's input that it comes from
   * @param codes the numbers of its texts, where it has texts
   * @param otherwise the number of a text that has none
   */
  record MatrixColumn(String input, @Nullable Map<String, Float> codes, float otherwise) {}

  /**
   * @param infiniteIsMissing whether infinite numbers are missing ones to the trees
   */
  record TreeModel(
      Trees trees,
      List<MatrixColumn> columns,
      boolean infiniteIsMissing,
      Link link,
      String output) {}

  /** The graph has another form. */
  private static final class Other extends Exception {
    private static final long serialVersionUID = 1;

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public Throwable fillInStackTrace() {
      return this;
    }
  }

  private final GraphProto graph;
  private final Map<String, NodeProto> makers = new HashMap<>();
  private boolean infiniteIsMissing;

  private TreeGraphReader(GraphProto graph) {
    this.graph = graph;
    for (var node : graph.getNodeList())
      for (var output : node.getOutputList()) makers.put(output, node);
  }

  static Optional<TreeModel> read(byte[] file) {
    try {
      return Optional.of(new TreeGraphReader(ModelProto.parseFrom(file).getGraph()).read());
    } catch (Other e) {
      return Optional.empty();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a model that was loaded is no ONNX file", e);
    }
  }

  private TreeModel read() throws Other {
    var ensembles =
        graph.getNodeList().stream()
            .filter(n -> n.getDomain().equals(OnnxGraph.ML) && n.getOpType().equals("TreeEnsemble"))
            .toList();
    if (ensembles.size() != 1) throw new Other();
    var node = ensembles.getFirst();
    var columns = columns(node.getInput(0));
    var trees = trees(node);
    if (Arrays.stream(trees.feature()).anyMatch(f -> f < 0 || f >= columns.size()))
      throw new Other();
    return answered(trees, columns, node.getOutput(0));
  }

  /** The columns of a value, back to the inputs. */
  private List<MatrixColumn> columns(String value) throws Other {
    var node = makers.get(value);
    if (node == null) {
      if (graph.getInputList().stream().noneMatch(input -> input.getName().equals(value)))
        throw new Other();
      return List.of(new MatrixColumn(value, null, Float.NaN));
    }
    return switch (node.getOpType()) {
      case "Unsqueeze", "Identity", "Cast" -> columns(node.getInput(0));
      case "Concat" -> {
        var all = new ArrayList<MatrixColumn>();
        for (var part : node.getInputList()) all.addAll(columns(part));
        yield all;
      }
      case "LabelEncoder" -> List.of(coded(node));
      case "Where" -> {
        var asked = makers.get(node.getInput(0));
        if (asked == null
            || !asked.getOpType().equals("IsInf")
            || !asked.getInput(0).equals(node.getInput(2))
            || !Float.isNaN(constant(node.getInput(1)))) throw new Other();
        infiniteIsMissing = true;
        yield columns(node.getInput(2));
      }
      default -> throw new Other();
    };
  }

  private static MatrixColumn coded(NodeProto node) throws Other {
    var keys = attribute(node, "keys_strings").getStringsList();
    var values = attribute(node, "values_floats").getFloatsList();
    if (keys.isEmpty() || keys.size() != values.size()) throw new Other();
    var codes = new HashMap<String, Float>();
    for (int i = 0; i < keys.size(); i++) codes.put(keys.get(i).toStringUtf8(), values.get(i));
    return new MatrixColumn(node.getInput(0), codes, attribute(node, "default_float").getF());
  }

  private float constant(String name) throws Other {
    for (var tensor : graph.getInitializerList())
      if (tensor.getName().equals(name)) {
        var values = floats(tensor);
        if (values.length == 1) return values[0];
      }
    throw new Other();
  }

  private TreeModel answered(Trees trees, List<MatrixColumn> columns, String sums) throws Other {
    var link = Link.IDENTITY;
    var value = sums;
    while (true) {
      var name = value;
      if (graph.getOutputList().stream().anyMatch(output -> output.getName().equals(name)))
        return new TreeModel(trees, columns, infiniteIsMissing, link, name);
      var next =
          graph.getNodeList().stream()
              .filter(node -> node.getInputCount() > 0 && node.getInput(0).equals(name))
              .toList();
      if (next.size() != 1) throw new Other();
      var node = next.getFirst();
      switch (node.getOpType()) {
        case "Identity", "Squeeze" -> {}
        case "Sigmoid" -> link = only(link, Link.SIGMOID);
        case "Softmax" -> link = only(link, Link.SOFTMAX);
        default -> throw new Other();
      }
      value = node.getOutput(0);
    }
  }

  private static Link only(Link before, Link link) throws Other {
    if (before != Link.IDENTITY) throw new Other();
    return link;
  }

  private static Trees trees(NodeProto node) throws Other {
    if (find(node, "aggregate_function").map(AttributeProto::getI).orElse(1L) != 1
        || find(node, "post_transform").map(AttributeProto::getI).orElse(0L) != 0)
      throw new Other();
    var feature = ints(node, "nodes_featureids");
    var modes = bytes(attribute(node, "nodes_modes").getT());
    int count = feature.length;
    var missing = find(node, "nodes_missing_value_tracks_true");
    var missingYes = new boolean[count];
    for (int i = 0; i < count && missing.isPresent() && missing.get().getIntsCount() > 0; i++)
      missingYes[i] = missing.get().getInts(i) != 0;
    return new Trees(
        feature,
        floats(attribute(node, "nodes_splits").getT()),
        modes,
        children(node, "nodes_truenodeids", "nodes_trueleafs"),
        children(node, "nodes_falsenodeids", "nodes_falseleafs"),
        missingYes,
        members(node, modes),
        ints(node, "tree_roots"),
        ints(node, "leaf_targetids"),
        floats(attribute(node, "leaf_weights").getT()),
        (int) (long) find(node, "n_targets").map(AttributeProto::getI).orElse(1L));
  }

  private static int[] children(NodeProto node, String ids, String leafs) throws Other {
    var children = ints(node, ids);
    var isLeaf = ints(node, leafs);
    for (int i = 0; i < children.length; i++) if (isLeaf[i] != 0) children[i] = ~children[i];
    return children;
  }

  /** The nodes that ask for members have theirs one after another, with NaN between. */
  private static float[][] members(NodeProto node, byte[] modes) throws Other {
    var members = new float[modes.length][];
    var all = find(node, "membership_values");
    var values = all.isPresent() ? floats(all.get().getT()) : new float[0];
    int at = 0;
    for (int i = 0; i < modes.length; i++) {
      if (modes[i] > Trees.MEMBER || modes[i] < 0) throw new Other();
      if (modes[i] != Trees.MEMBER) continue;
      int from = at;
      while (at < values.length && !Float.isNaN(values[at])) at++;
      members[i] = Arrays.copyOfRange(values, from, at);
      at++;
    }
    return members;
  }

  private static Optional<AttributeProto> find(NodeProto node, String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  private static AttributeProto attribute(NodeProto node, String name) throws Other {
    return find(node, name).orElseThrow(Other::new);
  }

  private static int[] ints(NodeProto node, String name) throws Other {
    return attribute(node, name).getIntsList().stream().mapToInt(Long::intValue).toArray();
  }

  private static float[] floats(TensorProto tensor) throws Other {
    if (tensor.getDataType() != TensorProto.DataType.FLOAT.getNumber()) throw new Other();
    if (tensor.getRawData().isEmpty()) {
      var values = new float[tensor.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) values[i] = tensor.getFloatData(i);
      return values;
    }
    var buffer =
        tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    var values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  private static byte[] bytes(TensorProto tensor) throws Other {
    if (tensor.getDataType() != TensorProto.DataType.UINT8.getNumber()) throw new Other();
    if (!tensor.getRawData().isEmpty()) return tensor.getRawData().toByteArray();
    var values = new byte[tensor.getInt32DataCount()];
    for (int i = 0; i < values.length; i++) values[i] = (byte) tensor.getInt32Data(i);
    return values;
  }
}
