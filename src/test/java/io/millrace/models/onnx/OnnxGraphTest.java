package io.millrace.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.models.DataType;
import io.millrace.models.OnnxSession;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OnnxGraphTest {
  @Test
  void equalCallsGiveEqualBytesAndAGraphCanBeGoneOnWith() {
    var first = features();
    first.output("features", DataType.FP32, -1, 2);
    assertThat(run(first.bytes(), "features").floats()).containsExactly(1, 0, 5, 1);
    var second = OnnxGraph.read(first.bytes()).clearOutputs();
    var third = first.copy().clearOutputs();
    for (var graph : List.of(second, third)) {
      graph.node("ReduceSum", "features", graph.longs("axes", 1)).with("keepdims", 0).out("sum");
      graph.output("sum", DataType.FP32, -1);
    }
    assertThat(second.bytes()).isEqualTo(third.bytes());
    assertThat(run(second.bytes(), "sum").floats()).containsExactly(1, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5})
  void bothOperatorSetsOfTreesRun(int version) {
    var graph = features().mlOpset(version);
    if (version == 5) {
      graph
          .node("TreeEnsemble", "features")
          .ml()
          .with("aggregate_function", 1)
          .with("post_transform", 0)
          .with("n_targets", 1)
          .with("tree_roots", new long[] {0})
          .with("nodes_featureids", new long[] {0})
          .with("nodes_modes", new Tensor("modes", DataType.UINT8, new long[] {1}, new byte[] {1}))
          .with("nodes_splits", Tensor.of("splits", 2f))
          .with("nodes_truenodeids", new long[] {0})
          .with("nodes_trueleafs", new long[] {1})
          .with("nodes_falsenodeids", new long[] {1})
          .with("nodes_falseleafs", new long[] {1})
          .with("leaf_targetids", new long[] {0, 0})
          .with("leaf_weights", Tensor.of("weights", 10f, 20f))
          .out("margin");
    } else {
      graph
          .node("TreeEnsembleRegressor", "features")
          .ml()
          .with("n_targets", 1)
          .with("nodes_treeids", new long[] {0, 0, 0})
          .with("nodes_nodeids", new long[] {0, 1, 2})
          .with("nodes_featureids", new long[] {0, 0, 0})
          .with("nodes_values", new float[] {2, 0, 0})
          .with("nodes_modes", List.of("BRANCH_LT", "LEAF", "LEAF"))
          .with("nodes_truenodeids", new long[] {1, 0, 0})
          .with("nodes_falsenodeids", new long[] {2, 0, 0})
          .with("target_treeids", new long[] {0, 0})
          .with("target_nodeids", new long[] {1, 2})
          .with("target_ids", new long[] {0, 0})
          .with("target_weights", new float[] {10, 20})
          .out("margin");
    }
    graph.output("margin", DataType.FP32, -1, 1);
    assertThat(run(graph.bytes(), "margin").floats()).containsExactly(10, 20);
  }

  @Test
  void namesAreNeverUsedTwiceAndNeverInvented() {
    var graph = features();
    assertThat(graph.floats("mean", 1)).isEqualTo("mean");
    assertThat(graph.floats("mean", 2)).isEqualTo("mean_2");
    assertThatThrownBy(() -> graph.input("x", DataType.FP32, -1))
        .hasMessageContaining("there is a value \"x\" already");
    assertThatThrownBy(() -> graph.add("Neg", "y")).hasMessage("no value y");
    assertThatThrownBy(() -> graph.output("y", DataType.FP32, -1)).hasMessage("no value y");
  }

  /** Two columns from one: itself, and whether it is above 2. */
  private static OnnxGraph features() {
    var graph = new OnnxGraph("features");
    var axes = graph.longs("last", 1);
    var x = graph.add("Unsqueeze", graph.input("x", DataType.FP32, -1), axes);
    var above =
        graph
            .node("Cast", graph.add("Greater", x, graph.scalar("two", 2)))
            .with("to", DataType.FP32.onnxNumber())
            .out();
    graph.node("Concat", x, above).with("axis", 1).out("features");
    return graph;
  }

  private static Tensor run(byte[] file, String output) {
    try (var session = OnnxSession.open(file, OnnxSession.Settings.serving())) {
      return session.run(List.of(Tensor.of("x", 1f, 5f)), Set.of(output)).getFirst();
    }
  }
}
