package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.TaskKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReplayTest {
  private static final TrainingRequest.Settings SETTINGS =
      new TrainingRequest.Settings("y", List.of(), null, null, null, 7, 1, 10, new TreeMap<>());

  private static Examples examples(TaskKind task, List<String> classes) {
    var random = new Random(1);
    var numbers = new double[300];
    @Nullable String[] texts = new String[300];
    var truth = new double[300];
    for (int i = 0; i < 300; i++) {
      numbers[i] = i % 7 == 0 ? Double.NaN : 1e6 + random.nextGaussian();
      texts[i] = i % 11 == 0 ? null : "abc".substring(i % 3, i % 3 + 1);
      truth[i] = classes.isEmpty() ? 5 * random.nextGaussian() : random.nextInt(classes.size());
    }
    var features =
        List.<Feature>of(
            new Feature.Numeric("x", numbers),
            new Feature.Categorical("t", texts, List.of("a", "b", "c")));
    return new Examples(
        features, new Target(task, "y", classes, truth), new boolean[300], "none", 0);
  }

  private static Replay.Predictor linear(
      Examples examples, LinearProblem problem, double[] weights, Replay replay) {
    return columns ->
        LinearProblem.unknown(
                examples.target(), problem.encoding().on(replay.features(columns)), Replay.ROWS)
            .answers(weights, problem.scale());
  }

  @Test
  void aLinearGraphAnswersAsItsModelDoesAndOneThatDoesNotIsRefused() {
    for (var task : TaskKind.values()) {
      var examples =
          examples(
              task,
              switch (task) {
                case BINARY -> List.of("no", "yes");
                case MULTICLASS -> List.of("a", "b", "c");
                case REGRESSION -> List.of();
              });
      var all = IntStream.range(0, 300).toArray();
      var problem =
          new LinearProblem(
              examples.target(), new Encoding(new ArrayList<>(examples.features()), all), all);
      var random = new Random(2);
      var weights =
          IntStream.range(0, problem.start().length)
              .mapToDouble(_ -> random.nextGaussian())
              .toArray();
      var replay = new Replay(examples, SETTINGS);
      var onnx = LinearGraph.of(examples, problem.encoding(), weights, problem.scale());
      assertThat(replay.check(onnx, "the linear model", linear(examples, problem, weights, replay)))
          .startsWith("12,000 rows replayed through the linear model");
      var other = weights.clone();
      other[1] += 0.01;
      assertThatThrownBy(() ->
              replay.check(onnx, "the linear model", linear(examples, problem, other, replay)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("where the linear model answered");
    }
  }
}
