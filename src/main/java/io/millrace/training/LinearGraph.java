package io.millrace.training;

import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import java.util.ArrayList;

/**
 * A linear model as a graph from raw columns, in double precision throughout, so that large numbers
 * with a small spread keep their digits. A text adds the weight of its level, looked up in a table
 * whose last row is zero.
 */
final class LinearGraph {
  private final OnnxGraph graph = new OnnxGraph("millrace");
  private final Encoding encoding;
  private final double[] weights;
  private final int width;
  private final int stride;

  private LinearGraph(Encoding encoding, double[] weights, int width) {
    this.encoding = encoding;
    this.weights = weights;
    this.width = width;
    this.stride = weights.length / width;
  }

  static byte[] of(
      Examples examples, Encoding encoding, double[] weights, LinearProblem.Scale scale) {
    var linear = new LinearGraph(encoding, weights, examples.target().width());
    FeatureGraph.inputs(linear.graph, examples.features());
    var scores = linear.scores();
    var graph = linear.graph;
    var linked =
        switch (examples.target().task()) {
          case BINARY -> graph.add("Sigmoid", scores);
          case MULTICLASS -> graph.node("Softmax", scores).with("axis", 1).out();
          case REGRESSION ->
              graph.add(
                  "Add",
                  graph.add(
                      "Mul",
                      scores,
                      linear.doubles("deviation", new long[] {1}, scale.deviation())),
                  linear.doubles("mean", new long[] {1}, scale.mean()));
        };
    Answers.append(
        graph,
        examples.target(),
        graph.node("Cast", linked).with("to", DataType.FP32.onnxNumber()).out());
    return graph.bytes();
  }

  private String scores() {
    var constants = new double[width];
    for (int c = 0; c < width; c++) constants[c] = weights[c * stride];
    var sum = doubles("constants", new long[] {1, width}, constants);
    if (!encoding.numbers.isEmpty()) sum = graph.add("Add", sum, numbers());
    int at = 2 * encoding.numbers.size();
    for (var text : encoding.texts) {
      sum = graph.add("Add", sum, text(text, at));
      at += text.levels().size();
    }
    return sum;
  }

  private String numbers() {
    int count = encoding.numbers.size();
    var axis = graph.longs("axis_1", 1);
    var columns = new ArrayList<String>();
    var means = new double[count];
    var deviations = new double[count];
    for (int f = 0; f < count; f++) {
      var code = encoding.numbers.get(f);
      columns.add(graph.add("Unsqueeze", code.feature().name(), axis));
      means[f] = code.mean();
      deviations[f] = code.deviation();
    }
    var raw = graph.node("Concat", columns.toArray(String[]::new)).with("axis", 1).out();
    var missing = graph.add("Or", graph.add("IsNaN", raw), graph.add("IsInf", raw));
    var values = cast(raw);
    var standardised =
        graph.add(
            "Div",
            graph.add("Sub", values, doubles("means", new long[] {count}, means)),
            doubles("deviations", new long[] {count}, deviations));
    var filled = graph.add("Where", missing, doubles("zero", new long[] {1}, 0), standardised);
    return graph.add(
        "Add",
        graph.add("MatMul", filled, table("weights", 0, count)),
        graph.add("MatMul", cast(missing), table("weights_of_missing", count, count)));
  }

  private String text(Encoding.TextCode text, int at) {
    int levels = text.levels().size();
    var zeros =
        graph.constant(
            new Tensor("nothing", DataType.FP64, new long[] {1, width}, new double[width]));
    if (levels == 0) {
      // The column stays an input that weighs nothing; its shape keeps one row per row where no
      // number does.
      return graph
          .node(
              "Gather",
              zeros,
              graph.add("Mul", graph.add("Shape", text.feature().name()), graph.longs("none", 0)))
          .with("axis", 0)
          .out();
    }
    var codes = new long[levels];
    for (int i = 0; i < levels; i++) codes[i] = i;
    var code =
        graph
            .node("LabelEncoder", text.feature().name())
            .ml()
            .with("keys_strings", text.levels())
            .with("values_int64s", codes)
            .with("default_int64", levels)
            .out();
    var rows = graph.node("Concat", table("levels", at, levels), zeros).with("axis", 0).out();
    return graph.node("Gather", rows, code).with("axis", 0).out();
  }

  /** Weights from a place on, one row each, one column per output. */
  private String table(String name, int from, int count) {
    var values = new double[count * width];
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < width; c++) values[i * width + c] = weights[c * stride + 1 + from + i];
    }
    return doubles(name, new long[] {count, width}, values);
  }

  private String cast(String value) {
    return graph.node("Cast", value).with("to", DataType.FP64.onnxNumber()).out();
  }

  private String doubles(String name, long[] shape, double... values) {
    return graph.constant(new Tensor(name, DataType.FP64, shape, values));
  }
}
