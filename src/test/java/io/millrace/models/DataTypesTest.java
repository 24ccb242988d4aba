package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Json;
import io.millrace.models.onnx.OnnxGraph;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Models take and give every type, to the bit. */
class DataTypesTest {
  @TempDir Path folder;

  /** The values of each type that are hard to keep, as its array holds them. */
  static Object extremes(DataType type) {
    return switch (type) {
      case BOOL -> new boolean[] {true, false, true, true};
      case INT8, UINT8 -> new byte[] {0, 1, -1, Byte.MIN_VALUE};
      case INT16, UINT16 -> new short[] {0, 1, -1, Short.MIN_VALUE};
      case INT32, UINT32 -> new int[] {0, 1, -1, Integer.MIN_VALUE};
      case INT64, UINT64 -> new long[] {0, (1L << 53) + 1, -1, Long.MIN_VALUE};
      case FP16 -> new short[] {1, 0x7BFF, (short) 0xFC00, 0x7E00}; // subnormal, largest, -inf, NaN
      case BF16 -> new short[] {1, 0x7F7F, (short) 0xFF80, 0x7FC0};
      case FP32 -> new float[] {Float.MIN_VALUE, Float.MAX_VALUE, -1f / 0, Float.NaN};
      case FP64 -> new double[] {Double.MIN_VALUE, Double.MAX_VALUE, -1d / 0, Double.NaN};
      case BYTES -> new String[] {"", "a", "Rôme", "中"};
    };
  }

  @ParameterizedTest
  @EnumSource(DataType.class)
  void aModelGivesBackWhatItTookToTheBit(DataType type) {
    var graph = new OnnxGraph("same");
    graph.input("x", type, -1, 2);
    graph.node("Identity", "x").out("y");
    graph.output("y", type, -1, 2);
    var artifacts = new Artifacts(folder);
    var models = new Models(artifacts);
    var data = extremes(type);
    var given = new Tensor("x", type, new long[] {2, 2}, data);
    try (var model = models.load(models.importOnnx("same", artifacts.put(graph.bytes())))) {
      assertThat(model.signature().input("x").datatype()).isEqualTo(type);
      assertThat(model.signature().input("x").nullable()).isEqualTo(type.hasNaN());
      assertThat(model.run(List.of(given))).containsExactly(given.named("y"));
      var none = Array.newInstance(type.carrier().componentType(), 0);
      var empty = new Tensor("x", type, new long[] {0, 2}, none);
      assertThat(model.run(List.of(empty))).containsExactly(empty.named("y"));
    }
  }

  @ParameterizedTest
  @EnumSource(DataType.class)
  void goldenRowsOfEveryTypeAreWrittenReadAndReplayed(DataType type) {
    var graph = new OnnxGraph("same");
    graph.input("x", type, -1);
    graph.node("Identity", "x").out("y");
    graph.output("y", type, -1);
    var x = new Tensor("x", type, new long[] {4}, extremes(type));
    var golden =
        Golden.read(Json.parse(Json.write(new Golden(List.of(x), List.of(x.named("y"))).json())));
    assertThat(golden.inputs()).containsExactly(x);
    try (var session = OnnxSession.open(graph.bytes(), OnnxSession.Settings.serving())) {
      golden.replay("same", session::run);
    }
  }

  static List<Arguments> halves() {
    return List.of(
        Arguments.of(
            DataType.FP16,
            new double[] {70_000, 2049, 1e-8, 0.1},
            new String[] {"Infinity", "2048.0", "0.0", "0.099975586"}),
        Arguments.of(
            DataType.BF16,
            new double[] {70_000, 2049, 1e-8, 0.1},
            new String[] {"70144.0", "2048.0", "1.0011718E-8", "0.100097656"}));
  }

  /** The runtime rounds a number to 16 bits as it is rounded here. */
  @ParameterizedTest
  @MethodSource("halves")
  void numbersOf16BitsAreRoundedAsTheRuntimeDoes(
      DataType type, double[] values, String[] expected) {
    var graph = new OnnxGraph("cast");
    graph.input("x", DataType.FP64, -1);
    graph.input("h", type, -1);
    graph.node("Cast", "x").with("to", type.onnxNumber()).out("half");
    graph.node("Cast", "h").with("to", DataType.FP32.onnxNumber()).out("single");
    graph.output("half", type, -1).output("single", DataType.FP32, -1);
    var here = new short[values.length];
    for (int i = 0; i < here.length; i++) here[i] = HalfNumbers.of(type, values[i]);
    var h = new Tensor("h", type, new long[] {4}, here);
    try (var session = OnnxSession.open(graph.bytes(), OnnxSession.Settings.serving())) {
      var answer = session.run(List.of(new Tensor("x", DataType.FP64, new long[] {4}, values), h));
      assertThat(answer.getFirst()).isEqualTo(h.named("half"));
      for (int i = 0; i < here.length; i++)
        assertThat(String.valueOf(answer.getLast().floats()[i])).isEqualTo(expected[i]);
    }
  }

  @Test
  void wholeNumbersWithoutASignKeepTheirValueInTheModel() {
    var graph = new OnnxGraph("wide");
    graph.input("a", DataType.UINT16, -1);
    graph.input("b", DataType.UINT32, -1);
    graph.input("c", DataType.UINT64);
    for (var name : List.of("a", "b", "c"))
      graph.node("Cast", name).with("to", DataType.FP64.onnxNumber()).out(name + "_number");
    graph.output("a_number", DataType.FP64, -1).output("b_number", DataType.FP64, -1);
    graph.output("c_number", DataType.FP64);
    try (var session = OnnxSession.open(graph.bytes(), OnnxSession.Settings.serving())) {
      var answer =
          session.run(
              List.of(
                  new Tensor("a", DataType.UINT16, new long[] {1}, new short[] {-1}),
                  new Tensor("b", DataType.UINT32, new long[] {1}, new int[] {-1}),
                  new Tensor("c", DataType.UINT64, new long[0], new long[] {-1})));
      assertThat(answer.get(0).numbers()).containsExactly(65_535);
      assertThat(answer.get(1).numbers()).containsExactly(4_294_967_295.0);
      assertThat(answer.get(2).numbers()).containsExactly(0x1p64);
      assertThat(answer.get(2).shape()).isEmpty();
    }
  }

  @Test
  void tablesAreFedIntoEveryNumberAndWhatDoesNotFitIsRefused() {
    for (var type :
        List.of(DataType.UINT16, DataType.UINT32, DataType.UINT64, DataType.FP16, DataType.BF16)) {
      var signature = new Signature(List.of(Field.column("x", type, type.hasNaN())), List.of());
      var column = Map.of("x", new double[] {0, 7, 65_535});
      var fed = Feed.tensors(signature, column, 0, 2).getFirst();
      assertThat(fed.numbers()).as(type.name()).containsExactly(0, 7);
      if (type.hasNaN()) continue;
      assertThat(Feed.tensors(signature, column, 2, 3).getFirst().numbers())
          .containsExactly(65_535);
      assertThatThrownBy(() -> Feed.tensors(signature, Map.of("x", new double[] {-1}), 0, 1))
          .hasMessage(
              "column \"x\" at row 1: got -1.0, expected a whole number that fits %s", type);
    }
  }
}
