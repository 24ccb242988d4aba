package io.millrace.models.onnx;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import io.millrace.base.Unsupported;
import io.millrace.models.DataType;
import io.millrace.models.onnx.proto.AttributeProto;
import io.millrace.models.onnx.proto.FunctionProto;
import io.millrace.models.onnx.proto.GraphProto;
import io.millrace.models.onnx.proto.ModelProto;
import io.millrace.models.onnx.proto.NodeProto;
import io.millrace.models.onnx.proto.SparseTensorProto;
import io.millrace.models.onnx.proto.StringStringEntryProto;
import io.millrace.models.onnx.proto.TensorProto;
import io.millrace.models.onnx.proto.TrainingInfoProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class OnnxFileTest {
  private static final TensorProto EXTERNAL =
      TensorProto.newBuilder()
          .setName("weights")
          .addExternalData(
              StringStringEntryProto.newBuilder().setKey("location").setValue("/etc/passwd"))
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .build();
  private static final TensorProto MARKED =
      TensorProto.newBuilder()
          .setName("weights")
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .build();

  static Stream<ModelProto> hidingPlaces() {
    var sparse = SparseTensorProto.newBuilder().setValues(EXTERNAL).build();
    var inSubgraph = GraphProto.newBuilder().addInitializer(EXTERNAL).build();
    var deeper =
        GraphProto.newBuilder().addNode(node(AttributeProto.newBuilder().setG(inSubgraph))).build();
    return Stream.of(
        graph(GraphProto.newBuilder().addInitializer(EXTERNAL)),
        graph(GraphProto.newBuilder().addInitializer(MARKED)),
        graph(GraphProto.newBuilder().addSparseInitializer(sparse)),
        graph(
            GraphProto.newBuilder()
                .addSparseInitializer(SparseTensorProto.newBuilder().setIndices(EXTERNAL))),
        graph(GraphProto.newBuilder().addNode(node(AttributeProto.newBuilder().setT(EXTERNAL)))),
        graph(
            GraphProto.newBuilder()
                .addNode(node(AttributeProto.newBuilder().addTensors(EXTERNAL)))),
        graph(
            GraphProto.newBuilder()
                .addNode(node(AttributeProto.newBuilder().setSparseTensor(sparse)))),
        graph(
            GraphProto.newBuilder()
                .addNode(node(AttributeProto.newBuilder().addSparseTensors(sparse)))),
        graph(GraphProto.newBuilder().addNode(node(AttributeProto.newBuilder().setG(inSubgraph)))),
        graph(GraphProto.newBuilder().addNode(node(AttributeProto.newBuilder().addGraphs(deeper)))),
        graph(GraphProto.newBuilder()).toBuilder()
            .addFunctions(
                FunctionProto.newBuilder()
                    .addNode(node(AttributeProto.newBuilder().setT(EXTERNAL))))
            .build(),
        graph(GraphProto.newBuilder()).toBuilder()
            .addFunctions(
                FunctionProto.newBuilder()
                    .addAttributeProto(AttributeProto.newBuilder().setT(EXTERNAL)))
            .build(),
        graph(GraphProto.newBuilder()).toBuilder()
            .addTrainingInfo(TrainingInfoProto.newBuilder().setAlgorithm(inSubgraph))
            .build());
  }

  @ParameterizedTest
  @MethodSource("hidingPlaces")
  void externalDataIsRefusedWhereverItHides(ModelProto model) {
    assertThatThrownBy(() -> check(model.toByteArray()))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("tensor \"weights\"")
        .hasMessageContaining("save_as_external_data=False");
  }

  @Test
  void externalDataInARepeatedGraphIsRefusedToo() {
    // Readers merge a message that is given twice.
    var twice =
        join(
            graph(GraphProto.newBuilder()).toByteArray(),
            graph(GraphProto.newBuilder().addInitializer(EXTERNAL)).toByteArray());
    assertThatThrownBy(() -> check(twice)).isInstanceOf(Refused.class);
  }

  @Test
  void operatorsOfOtherLibrariesAreRefusedByName() {
    var model =
        graph(
            GraphProto.newBuilder()
                .addNode(
                    NodeProto.newBuilder().setOpType("Tokenizer").setDomain("ai.onnx.contrib")));
    assertThatThrownBy(() -> check(model.toByteArray()))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("operator Tokenizer of domain \"ai.onnx.contrib\"");
  }

  @Test
  void operatorsThatTheFileDefinesItselfAreTaken() throws IOException {
    check(
        graph(
                GraphProto.newBuilder()
                    .addNode(NodeProto.newBuilder().setOpType("Mine").setDomain("mine")))
            .toBuilder()
            .addFunctions(FunctionProto.newBuilder().setName("Mine").setDomain("mine"))
            .build()
            .toByteArray());
  }

  @Test
  void otherFilesAreNotTakenForOnnx() {
    for (var bytes :
        new byte[][] {
          {}, "age,sex\n1,male\n".getBytes(StandardCharsets.UTF_8), {8, 9}, {(byte) 0xff, 1, 2}
        }) {
      assertThatThrownBy(() -> check(bytes))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("m is not an ONNX file");
    }
    assertThatThrownBy(() -> check(new byte[0])).hasMessageContaining("it is empty");
    var graph = new OnnxGraph("g");
    graph.input("x", DataType.FP32, -1);
    graph.output(graph.add("Neg", "x"), DataType.FP32, -1);
    var whole = graph.bytes();
    assertThatThrownBy(() -> check(Arrays.copyOf(whole, whole.length - 3)))
        .isInstanceOf(InvalidInput.class);
  }

  @Test
  void endlessNestingIsRefused() {
    var graph = GraphProto.newBuilder().build();
    for (int i = 0; i < 60; i++)
      graph =
          GraphProto.newBuilder().addNode(node(AttributeProto.newBuilder().setG(graph))).build();
    var model = graph(graph.toBuilder());
    assertThatThrownBy(() -> check(model.toByteArray()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("deep");
  }

  private static void check(byte[] file) throws IOException {
    OnnxFile.check("m", new ByteArrayInputStream(file));
  }

  private static ModelProto graph(GraphProto.Builder graph) {
    return ModelProto.newBuilder().setIrVersion(9).setGraph(graph).build();
  }

  private static NodeProto node(AttributeProto.Builder attribute) {
    return NodeProto.newBuilder()
        .setOpType("If")
        .setName("n")
        .addAttribute(attribute.setName("a"))
        .build();
  }

  private static byte[] join(byte[] one, byte[] two) {
    var both = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, both, one.length, two.length);
    return both;
  }
}
