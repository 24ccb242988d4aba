package io.millrace.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.evaluation.Binary;
import io.millrace.evaluation.Multiclass;
import io.millrace.evaluation.Regression;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The outputs of models trained here: their names, their nodes, and a trainer's own numbers in
 * their form.
 */
final class Answers {
  static final String PROBABILITY = "probability";
  static final String PROBABILITIES = "probabilities";
  static final String LABEL = "label";
  static final String PREDICTION = "prediction";

  private Answers() {}

  static List<Field> fields(Target target) {
    return switch (target.task()) {
      case BINARY -> List.of(Field.column(PROBABILITY, DataType.FP32, false));
      case MULTICLASS ->
          List.of(
              new Field(
                  PROBABILITIES,
                  DataType.FP32,
                  List.of(-1L, (long) target.classes().size()),
                  false),
              Field.column(LABEL, DataType.BYTES, false));
      case REGRESSION -> List.of(Field.column(PREDICTION, DataType.FP32, false));
    };
  }

  /** Ends a graph: scores are [N, width] in single precision, past the link function. */
  static void append(OnnxGraph graph, Target target, String scores) {
    switch (target.task()) {
      case BINARY -> column(graph, PROBABILITY, scores);
      case MULTICLASS -> {
        graph.node("Identity", scores).out(PROBABILITIES);
        graph.output(PROBABILITIES, DataType.FP32, -1, target.classes().size());
        var best = graph.node("ArgMax", PROBABILITIES).with("axis", 1).with("keepdims", 0).out();
        graph
            .node("Gather", graph.texts("classes", target.classes().toArray(String[]::new)), best)
            .with("axis", 0)
            .out(LABEL);
        graph.output(LABEL, DataType.BYTES, -1);
      }
      case REGRESSION -> column(graph, PREDICTION, scores);
    }
  }

  private static void column(OnnxGraph graph, String name, String scores) {
    graph.node("Squeeze", scores, graph.longs("axis_1", 1)).out(name);
    graph.output(name, DataType.FP32, -1);
  }

  /** A trainer's answers to some rows as the tensors that the model must give. */
  static List<Tensor> tensors(Target target, float[][] answers) {
    int width = target.width();
    var flat = new float[answers.length * width];
    for (int row = 0; row < answers.length; row++)
      System.arraycopy(answers[row], 0, flat, row * width, width);
    return switch (target.task()) {
      case BINARY -> List.of(Tensor.of(PROBABILITY, flat));
      case MULTICLASS -> {
        var labels = new String[answers.length];
        for (int row = 0; row < labels.length; row++)
          labels[row] = target.classes().get(best(answers[row]));
        yield List.of(
            new Tensor(PROBABILITIES, DataType.FP32, new long[] {answers.length, width}, flat),
            Tensor.of(LABEL, labels));
      }
      case REGRESSION -> List.of(Tensor.of(PREDICTION, flat));
    };
  }

  /** A trainer's answers as columns for reference statistics. */
  static SortedMap<String, Object> columns(Target target, float[][] answers) {
    var columns = new TreeMap<String, Object>();
    var byClass = byClass(target.width(), answers);
    switch (target.task()) {
      case BINARY -> columns.put(PROBABILITY, byClass[0]);
      case REGRESSION -> columns.put(PREDICTION, byClass[0]);
      case MULTICLASS -> {
        for (int c = 0; c < byClass.length; c++)
          columns.put(PROBABILITIES + "/" + target.classes().get(c), byClass[c]);
        var labels = new String[answers.length];
        for (int row = 0; row < labels.length; row++)
          labels[row] = target.classes().get(best(answers[row]));
        columns.put(LABEL, labels);
      }
    }
    return columns;
  }

  /**
   * The metrics of answers to rows whose truth is known; the first is the one that settings are
   * chosen by, less is better.
   */
  static ObjectNode metrics(Target target, double[] truth, float[][] answers) {
    var byClass = byClass(target.width(), answers);
    var json = Json.object();
    switch (target.task()) {
      case BINARY -> {
        var positive = new boolean[truth.length];
        for (int i = 0; i < truth.length; i++) positive[i] = truth[i] == 1;
        json.put("log_loss", Binary.logLoss(positive, byClass[0]));
        double auc = Binary.auc(positive, byClass[0]);
        if (!Double.isNaN(auc)) json.put("auc", auc);
      }
      case MULTICLASS -> {
        var classes = new int[truth.length];
        for (int i = 0; i < truth.length; i++) classes[i] = (int) truth[i];
        json.put("log_loss", Multiclass.logLoss(classes, byClass))
            .put("accuracy", Multiclass.accuracy(classes, byClass));
      }
      case REGRESSION ->
          json.put("rmse", Regression.rmse(truth, byClass[0]))
              .put("mae", Regression.mae(truth, byClass[0]));
    }
    return json;
  }

  /** Whether the most probable class is so close to the next that rounding might change it. */
  static boolean contested(float[] answer) {
    if (answer.length < 2) return false;
    int best = best(answer);
    for (int c = 0; c < answer.length; c++)
      if (c != best && answer[best] - answer[c] < 1e-4f) return true;
    return false;
  }

  private static double[][] byClass(int width, float[][] answers) {
    var columns = new double[width][answers.length];
    for (int row = 0; row < answers.length; row++) {
      for (int c = 0; c < width; c++) columns[c][row] = answers[row][c];
    }
    return columns;
  }

  private static int best(float[] answer) {
    int best = 0;
    for (int c = 1; c < answer.length; c++) if (answer[c] > answer[best]) best = c;
    return best;
  }

  /** The names of the numbers in a row of answers. */
  static List<String> names(Target target) {
    var names = new ArrayList<String>();
    switch (target.task()) {
      case BINARY -> names.add(PROBABILITY);
      case MULTICLASS ->
          target.classes().forEach(one -> names.add(PROBABILITIES + "[" + one + "]"));
      case REGRESSION -> names.add(PREDICTION);
    }
    return names;
  }
}
