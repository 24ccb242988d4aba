package io.millrace.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.DoubleConsumer;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Gradient-boosted trees. Each candidate setting is trained on the rows before validation with
 * early stopping; the best one is trained again on all rows for as many rounds as were best. The
 * matrix that XGBoost sees is what the preprocessing graph gave, so that serving cannot prepare
 * rows differently.
 */
final class XgboostTrainer implements Trainer {
  private static final int PATIENCE = 20;
  private static final String VALIDATION = "validation";

  /** A setting that was tried, the round that was best, and its metric there. */
  private record Trial(Map<String, Object> setting, int rounds, double loss) {}

  @Override
  public Fitted fit(Examples examples, TrainingRequest.Settings settings, Reports reports) {
    try {
      return fitted(examples, settings, reports);
    } catch (XGBoostError e) {
      throw failed(e);
    }
  }

  private static IllegalStateException failed(XGBoostError e) {
    return new IllegalStateException("XGBoost failed: " + e.getMessage(), e);
  }

  private static Fitted fitted(
      Examples examples, TrainingRequest.Settings settings, Reports reports) throws XGBoostError {
    reports.progress("preparing features", Double.NaN);
    var features = new FeatureGraph(examples.features());
    var matrix = features.run(examples.columns(), settings.threads());
    var data = new Matrices(examples, matrix);
    var validating = examples.validating();
    DMatrix train = data.of(examples.fitting());
    DMatrix validation = data.of(validating);
    Trial best = null;
    float[][] bestAnswers = new float[0][];
    var candidates = Hyperparameters.candidates(settings.params());
    for (int i = 0; i < candidates.size(); i++) {
      var booster =
          start(
              train,
              Map.of(VALIDATION, validation),
              all(examples.target(), settings, candidates.get(i)));
      try {
        var trial =
            search(
                booster,
                train,
                validation,
                candidates.get(i),
                settings.rounds(),
                new Candidate(i + 1, candidates.size(), reports));
        reports.log(
            "candidate %d of %d: %s: %s %.5f at round %d"
                .formatted(
                    i + 1,
                    candidates.size(),
                    trial.setting(),
                    lossName(examples.target()),
                    trial.loss(),
                    trial.rounds()));
        if (best != null && trial.loss() >= best.loss()) continue;
        best = trial;
        bestAnswers = booster.predict(validation, false, trial.rounds());
      } finally {
        booster.dispose();
      }
    }
    train.dispose();
    validation.dispose();
    if (best == null) throw new IllegalStateException("no candidate");
    var metrics = Answers.metrics(examples.target(), examples.targets(validating), bestAnswers);
    return last(examples, settings, reports, features, data, best, metrics);
  }

  /** Trains on all rows, converts and checks. */
  private static Fitted last(
      Examples examples,
      TrainingRequest.Settings settings,
      Reports reports,
      FeatureGraph features,
      Matrices data,
      Trial best,
      ObjectNode validation)
      throws XGBoostError {
    var all = data.of(examples.all());
    var booster = start(all, Map.of(), all(examples.target(), settings, best.setting()));
    try {
      for (int round = 0; round < best.rounds(); round++) {
        booster.update(all, round);
        loss(
                booster.evalSet(new DMatrix[] {all}, new String[] {"train"}, round),
                (name, value) -> {},
                "train")
            .ifPresent(new RoundNote(reports, "train_" + lossName(examples.target()), round));
        if (round % 5 == 0 || round == best.rounds() - 1)
          reports.progress(
              "round %d of %d".formatted(round + 1, best.rounds()),
              0.7 + 0.25 * (round + 1) / best.rounds());
      }
      var answers = booster.predict(all);
      var model = TreeModel.parse(booster.toByteArray("json"));
      var onnx =
          TreeGraph.append(features.continued(), features.matrix(), model, examples.target());
      reports.progress("replaying rows through the converted model", 0.96);
      reports.log(
          new Replay(examples, settings)
              .check(
                  onnx,
                  "XGBoost",
                  model.thresholds(examples.features().size()),
                  columns -> data.answers(booster, features.run(columns, settings.threads()))));
      return new Fitted(onnx, answers, parameters(best, settings, model), validation);
    } finally {
      booster.dispose();
      all.dispose();
    }
  }

  private static ObjectNode parameters(
      Trial best, TrainingRequest.Settings settings, TreeModel model) {
    var parameters = Json.object();
    best.setting().forEach((name, value) -> parameters.set(name, Json.tree(value)));
    return parameters
        .put("rounds", best.rounds())
        .put("trees", model.trees().size())
        .put("xgboost", model.version())
        .put("threads", settings.threads());
  }

  /**
   * A booster without trees; XGBoost's own loop is left out, since it reports nothing while it
   * runs.
   */
  private static Booster start(
      DMatrix train, Map<String, DMatrix> watches, Map<String, Object> params) throws XGBoostError {
    // XGBoost4J wants maps that it can change.
    return XGBoost.train(train, params, 0, new HashMap<>(watches), null, null);
  }

  private static Trial search(
      Booster booster,
      DMatrix train,
      DMatrix validation,
      Map<String, Object> setting,
      int rounds,
      Candidate candidate)
      throws XGBoostError {
    double least = Double.POSITIVE_INFINITY;
    int best = 0;
    for (int round = 0; round < rounds; round++) {
      booster.update(train, round);
      int at = round;
      var line = booster.evalSet(new DMatrix[] {validation}, new String[] {VALIDATION}, round);
      double loss =
          loss(line, (name, value) -> candidate.note(name, value, at), VALIDATION)
              .orElse(Double.NaN);
      candidate.progress(round, rounds);
      if (loss < least) {
        least = loss;
        best = round + 1;
      }
      if (round + 1 - best >= PATIENCE) break;
    }
    return new Trial(setting, Math.max(1, best), least);
  }

  private interface Noting {
    void note(String name, double value);
  }

  private record RoundNote(Reports reports, String name, int round) implements DoubleConsumer {
    @Override
    public void accept(double value) {
      reports.metric(name, value, round + 1L);
    }
  }

  private record Candidate(int number, int of, Reports reports) {
    void note(String metric, double value, int round) {
      reports.metric("candidate_%d/validation_%s".formatted(number, metric), value, round + 1L);
    }

    void progress(int round, int rounds) {
      if (round % 5 != 0) return;
      double share = (number - 1 + Math.min(1, (round + 1.0) / rounds)) / of;
      reports.progress(
          "candidate %d of %d, round %d".formatted(number, of, round + 1), 0.05 + 0.65 * share);
    }
  }

  /** Reads a line such as "[3] validation-logloss:0.48"; the last metric is the loss. */
  private static OptionalDouble loss(String line, Noting noting, String set) {
    var last = OptionalDouble.empty();
    for (var part : line.split("\\s+")) {
      int colon = part.lastIndexOf(':');
      if (colon < 0 || !part.startsWith(set + "-")) continue;
      double value =
          Double.parseDouble(
              part.substring(colon + 1).replace("inf", "Infinity").replace("nan", "NaN"));
      noting.note(part.substring(set.length() + 1, colon), value);
      last = OptionalDouble.of(value);
    }
    return last;
  }

  private static String lossName(Target target) {
    return switch (target.task()) {
      case BINARY -> "logloss";
      case MULTICLASS -> "mlogloss";
      case REGRESSION -> "rmse";
    };
  }

  private static Map<String, Object> all(
      Target target, TrainingRequest.Settings settings, Map<String, Object> setting) {
    var params = new LinkedHashMap<String, Object>(setting);
    params.put(
        "objective",
        switch (target.task()) {
          case BINARY -> "binary:logistic";
          case MULTICLASS -> "multi:softprob";
          case REGRESSION -> "reg:squarederror";
        });
    if (target.width() > 1) params.put("num_class", target.width());
    params.put("eval_metric", lossName(target));
    params.put("booster", "gbtree");
    params.put("tree_method", "hist");
    params.put("nthread", settings.threads());
    params.put("seed", Math.floorMod(settings.seed(), Integer.MAX_VALUE));
    params.put("verbosity", 0);
    return params;
  }

  /** Parts of the training matrix as XGBoost takes them. */
  private static final class Matrices {
    private final Examples examples;
    private final float[] matrix;
    private final String[] names;
    private final String[] types;

    Matrices(Examples examples, float[] matrix) {
      this.examples = examples;
      this.matrix = matrix;
      int width = examples.features().size();
      names = new String[width];
      types = new String[width];
      for (int i = 0; i < width; i++) {
        // Names with spaces or brackets are refused by XGBoost; the graph knows the columns by
        // place.
        names[i] = "f" + i;
        types[i] = examples.features().get(i) instanceof Feature.Categorical ? "c" : "q";
      }
    }

    DMatrix of(int[] rows) throws XGBoostError {
      int width = names.length;
      var part = new float[Math.multiplyExact(rows.length, width)];
      var labels = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(matrix, rows[i] * width, part, i * width, width);
        labels[i] = (float) examples.target().values()[rows[i]];
      }
      var result = unlabelled(part);
      result.setLabel(labels);
      return result;
    }

    float[][] answers(Booster booster, float[] part) {
      try {
        var rows = unlabelled(part);
        try {
          return booster.predict(rows);
        } finally {
          rows.dispose();
        }
      } catch (XGBoostError e) {
        throw failed(e);
      }
    }

    DMatrix unlabelled(float[] part) throws XGBoostError {
      var result = new DMatrix(part, part.length / names.length, names.length, Float.NaN);
      result.setFeatureNames(names);
      result.setFeatureTypes(types);
      return result;
    }
  }
}
