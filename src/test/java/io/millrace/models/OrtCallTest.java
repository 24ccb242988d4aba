package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.models.onnx.OnnxGraph;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class OrtCallTest {
  private static final String ROCKET = "\ud83d\ude80 to Rome";

  private static OnnxSession open(OnnxGraph graph) {
    return OnnxSession.open(graph.bytes(), OnnxSession.Settings.serving());
  }

  private static OnnxSession identity(DataType type, long... shape) {
    var graph = new OnnxGraph("identity");
    var x = graph.input("x", type, shape);
    graph.output(graph.add("Identity", x), type, shape);
    return open(graph);
  }

  private static Object answered(OnnxSession session, Tensor given) {
    return session.run(List.of(given)).getFirst().data();
  }

  /** The runtime's texts are UTF-8, as the model's own are. */
  @Test
  void aModelKnowsItsTextsAgain() {
    var graph = new OnnxGraph("codes");
    var x = graph.input("x", DataType.BYTES, -1);
    var codes =
        graph
            .node("LabelEncoder", x)
            .ml()
            .with("keys_strings", List.of(ROCKET, "\u00e9"))
            .with("values_floats", new float[] {1, 2})
            .with("default_float", 0f)
            .out();
    graph.output(codes, DataType.FP32, -1);
    try (var session = open(graph)) {
      assertThat(answered(session, Tensor.of("x", ROCKET, "\u00e9", "", "e")))
          .isEqualTo(new float[] {1, 2, 0, 0});
    }
  }

  @Test
  void textsComeBackAsTheyWere() {
    try (var session = identity(DataType.BYTES, -1)) {
      assertThat(answered(session, Tensor.of("x", "", ROCKET, "\u00e9\n", "")))
          .isEqualTo(new String[] {"", ROCKET, "\u00e9\n", ""});
      assertThat(answered(session, Tensor.of("x", new String[0]))).isEqualTo(new String[0]);
    }
  }

  @Test
  void tensorsMayHaveManyDimensionsOrNoneOrNoElements() {
    var shape = new long[] {1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 1};
    try (var session = identity(DataType.INT16, shape)) {
      var data = new short[24];
      for (int i = 0; i < data.length; i++) data[i] = (short) (i - 5);
      var given = new Tensor("x", DataType.INT16, shape, data);
      var answer = session.run(List.of(given)).getFirst();
      assertThat(answer.shape()).isEqualTo(shape);
      assertThat(answer.data()).isEqualTo(data);
    }
    try (var session = identity(DataType.FP64)) {
      var given = new Tensor("x", DataType.FP64, new long[0], new double[] {Math.PI});
      assertThat(session.run(List.of(given)).getFirst().shape()).isEmpty();
      assertThat(answered(session, given)).isEqualTo(new double[] {Math.PI});
    }
    try (var session = identity(DataType.FP32, -1, 3)) {
      var given = new Tensor("x", DataType.FP32, new long[] {0, 3}, new float[0]);
      assertThat(session.run(List.of(given)).getFirst().shape()).containsExactly(0, 3);
    }
  }

  @Test
  void outputsAreThoseAskedForWhateverTheOrderOfInputs() {
    var graph = new OnnxGraph("two");
    var a = graph.input("a", DataType.FP32, -1);
    var b = graph.input("b", DataType.FP32, -1);
    var sum = graph.add("Add", a, b);
    var difference = graph.add("Sub", a, b);
    graph.output(sum, DataType.FP32, -1);
    graph.output(difference, DataType.FP32, -1);
    try (var session = open(graph)) {
      var inputs = List.of(Tensor.of("b", 1f, 2f), Tensor.of("a", 10f, 20f));
      var both = session.run(inputs);
      assertThat(both).hasSize(2);
      assertThat(both.get(0).data()).isEqualTo(new float[] {11, 22});
      assertThat(both.get(1).data()).isEqualTo(new float[] {9, 18});
      var one = session.run(inputs, Set.of(both.get(1).name()));
      assertThat(one).containsExactly(both.get(1));
    }
  }

  @Test
  void whatTheRuntimeRefusesIsToldAndTheNextIsAnswered() {
    var graph = new OnnxGraph("gather");
    var x = graph.input("x", DataType.INT64, -1);
    var table = graph.constant(Tensor.of("table", 1f, 2f, 3f));
    graph.output(graph.add("Gather", table, x), DataType.FP32, -1);
    try (var session = open(graph)) {
      assertThatThrownBy(() -> session.run(List.of(Tensor.of("x", 1L, 7L))))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith(OnnxSession.REFUSED)
          .hasMessageContaining("index out of range");
      assertThat(answered(session, Tensor.of("x", 2L))).isEqualTo(new float[] {3});
    }
  }

  @Test
  void callsOfManyThreadsDoNotMix() {
    try (var session = identity(DataType.INT64, -1)) {
      IntStream.range(0, 20_000)
          .parallel()
          .forEach(i -> {
            var data = new long[1 + i % 50];
            Arrays.fill(data, i);
            assertThat(answered(session, Tensor.of("x", data))).isEqualTo(data);
          });
    }
  }
}
