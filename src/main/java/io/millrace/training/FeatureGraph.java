package io.millrace.training;

import io.millrace.models.DataType;
import io.millrace.models.Feed;
import io.millrace.models.Field;
import io.millrace.models.OnnxSession;
import io.millrace.models.Signature;
import io.millrace.models.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The preprocessing that every tree model begins with: one [N] input per raw column, one [N,
 * features] matrix. Numbers pass as they are, infinite ones as missing; texts become the numbers of
 * their levels, "" and those never seen become NaN, which is missing.
 */
final class FeatureGraph {
  private static final int BATCH = 8192;

  private final List<Feature> features;
  private final OnnxGraph graph = new OnnxGraph("millrace");
  private final String matrix;

  FeatureGraph(List<Feature> features) {
    this.features = features;
    inputs(graph, features);
    var columns = new ArrayList<String>();
    var axis = graph.longs("axis_1", 1);
    for (var feature : features) columns.add(graph.add("Unsqueeze", value(feature), axis));
    var raw = graph.node("Concat", columns.toArray(String[]::new)).with("axis", 1).out();
    matrix = graph.add("Where", graph.add("IsInf", raw), graph.scalar("missing", Float.NaN), raw);
  }

  /** Declares the raw columns. */
  static void inputs(OnnxGraph graph, List<Feature> features) {
    for (var feature : features) graph.input(feature.name(), feature.field().datatype(), -1);
  }

  private String value(Feature feature) {
    return switch (feature) {
      case Feature.Numeric numeric -> numeric.name();
      case Feature.Categorical text -> {
        var codes = new float[text.levels().size()];
        for (int i = 0; i < codes.length; i++) codes[i] = i;
        yield graph
            .node("LabelEncoder", text.name())
            .ml()
            .with("keys_strings", text.levels())
            .with("values_floats", codes)
            .with("default_float", Float.NaN)
            .out();
      }
    };
  }

  /** The value that holds the matrix. */
  String matrix() {
    return matrix;
  }

  /** The graph so far, to go on with; it has no outputs yet. */
  OnnxGraph continued() {
    return graph.copy();
  }

  /** Runs the preprocessing alone: the rows' matrix, row by row. */
  float[] run(Map<String, Object> columns, int threads) {
    var alone = graph.copy();
    alone.output(matrix, DataType.FP32, -1, features.size());
    var signature =
        new Signature(
            features.stream().map(Feature::field).toList(),
            List.of(new Field(matrix, DataType.FP32, List.of(-1L, (long) features.size()), true)));
    int rows = Feed.rows(columns);
    var result = new float[Math.multiplyExact(rows, features.size())];
    try (var session = OnnxSession.open(alone.bytes(), new OnnxSession.Settings(threads, 1))) {
      for (int from = 0; from < rows; from += BATCH) {
        var part =
            session
                .run(Feed.tensors(signature, columns, from, Math.min(rows, from + BATCH)))
                .getFirst()
                .floats();
        System.arraycopy(part, 0, result, from * features.size(), part.length);
      }
    }
    return result;
  }
}
