package io.millrace.training;

import io.millrace.base.Json;

/**
 * Logistic, softmax or ridge regression with an L2 penalty that the validation rows choose, fitted
 * in double precision; then fitted again on all rows.
 */
final class LinearTrainer implements Trainer {
  /** From the strongest, each start being the weights before. */
  private static final double[] PENALTIES = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5};

  private static final int ROUNDS = 150;

  @Override
  public Fitted fit(Examples examples, TrainingRequest.Settings settings, Reports reports) {
    int[] fitting = examples.fitting();
    int[] validating = examples.validating();
    var problem =
        new LinearProblem(examples.target(), new Encoding(examples.features(), fitting), fitting);
    var held = new LinearProblem(examples.target(), problem.encoding(), validating);
    var truth = examples.targets(validating);
    var weights = problem.start();
    double chosen = PENALTIES[0];
    double least = Double.POSITIVE_INFINITY;
    var metrics = Json.object();
    for (double penalty : PENALTIES) {
      weights = Lbfgs.minimum(problem.penalised(penalty), weights, ROUNDS);
      var now = Answers.metrics(examples.target(), truth, held.answers(weights, problem.scale()));
      double loss = now.properties().iterator().next().getValue().doubleValue();
      if (loss >= least) continue;
      least = loss;
      chosen = penalty;
      metrics = now;
    }
    reports.log("linear: penalty %s, %s on the validation rows".formatted(chosen, metrics));
    var all =
        new LinearProblem(
            examples.target(), new Encoding(examples.features(), examples.all()), examples.all());
    var last = Lbfgs.minimum(all.penalised(chosen), all.start(), ROUNDS);
    var onnx = LinearGraph.of(examples, all.encoding(), last, all.scale());
    var replay = new Replay(examples, settings);
    reports.log(
        replay.check(
            onnx,
            "the linear model",
            columns ->
                LinearProblem.unknown(
                        examples.target(), all.encoding().on(replay.features(columns)), Replay.ROWS)
                    .answers(last, all.scale())));
    return new Fitted(
        onnx, all.answers(last, all.scale()), Json.object().put("l2", chosen), metrics);
  }
}
