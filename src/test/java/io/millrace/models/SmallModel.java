package io.millrace.models;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.models.onnx.OnnxGraph;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A model of two columns: score = age (10 where missing) + 100 for "male", 1 for any other sex. */
public final class SmallModel {
  public static final Signature SIGNATURE =
      new Signature(
          List.of(
              Field.column("age", DataType.FP32, true), Field.column("sex", DataType.BYTES, true)),
          List.of(Field.column("score", DataType.FP32, false)));

  private SmallModel() {}

  public static OnnxGraph graph() {
    var graph = new OnnxGraph("small");
    graph.input("age", DataType.FP32, -1);
    graph.input("sex", DataType.BYTES, -1);
    var age = graph.add("Where", graph.add("IsNaN", "age"), graph.floats("mean", 10), "age");
    var sex =
        graph
            .node("LabelEncoder", "sex")
            .ml()
            .with("keys_strings", List.of("male"))
            .with("values_floats", new float[] {100})
            .with("default_float", 1f)
            .out();
    graph.node("Add", age, sex).out("score");
    return graph.output("score", DataType.FP32, -1);
  }

  static Golden golden(float... scores) {
    return new Golden(
        List.of(Tensor.of("age", 20f, Float.NaN, 30f), Tensor.of("sex", "male", "female", "")),
        List.of(Tensor.of("score", scores)));
  }

  static Digest seal(Artifacts artifacts, @Nullable Golden golden) {
    var inputs = new TreeMap<String, Object>();
    inputs.put("age", new double[] {20, Double.NaN, 30});
    inputs.put("sex", new String[] {"male", "female", ""});
    var outputs = new TreeMap<String, Object>();
    outputs.put("score", new double[] {120, 11, 31});
    var lock = Json.object().put("label", "cost").put("objective", "regression");
    return ModelPackage.seal(
        artifacts, graph().bytes(), SIGNATURE, Reference.of(inputs, outputs), golden, lock);
  }
}
