package io.millrace.training;

import io.millrace.base.Json;
import io.millrace.evaluation.TaskKind;
import io.millrace.models.onnx.OnnxGraph;
import java.util.Arrays;

/**
 * Answers every row alike: with the share of the positive class, the shares of the classes, or the
 * mean.
 */
final class TrivialTrainer implements Trainer {
  @Override
  public Fitted fit(Examples examples, TrainingRequest.Settings settings, Reports reports) {
    var target = examples.target();
    var validating = examples.validating();
    var guess = answer(target, examples.fitting());
    var validation =
        Answers.metrics(target, examples.targets(validating), repeated(guess, validating.length));
    var answer = answer(target, examples.all());
    var parameters = Json.object();
    var shown = parameters.putArray("answer");
    for (float value : answer) shown.add(value);
    var onnx = graph(examples, answer);
    reports.log(
        new Replay(examples, settings)
            .check(onnx, "the trivial model", _ -> repeated(answer, Replay.ROWS)));
    return new Fitted(onnx, repeated(answer, examples.rows()), parameters, validation);
  }

  private static float[] answer(Target target, int[] rows) {
    var sums = new double[target.width()];
    for (int row : rows) {
      double value = target.values()[row];
      if (target.task() == TaskKind.MULTICLASS) sums[(int) value]++;
      else sums[0] += value;
    }
    var answer = new float[sums.length];
    for (int i = 0; i < sums.length; i++) answer[i] = (float) (sums[i] / rows.length);
    return answer;
  }

  private static float[][] repeated(float[] answer, int rows) {
    var answers = new float[rows][];
    Arrays.fill(answers, answer);
    return answers;
  }

  private static byte[] graph(Examples examples, float[] answer) {
    var graph = new OnnxGraph("millrace");
    FeatureGraph.inputs(graph, examples.features());
    var rows = graph.add("Shape", examples.features().getFirst().name());
    var shape = graph.node("Concat", rows, graph.longs("one", 1)).with("axis", 0).out();
    Answers.append(
        graph, examples.target(), graph.add("Expand", graph.floats("answer", answer), shape));
    return graph.bytes();
  }
}
