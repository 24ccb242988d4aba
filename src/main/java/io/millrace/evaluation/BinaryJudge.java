package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.SortedMap;
import java.util.TreeMap;

/** Judges probabilities of yes-or-no questions. */
final class BinaryJudge implements Judge {
  private static final int CURVE_POINTS = 200;
  private static final int CALIBRATION_BINS = 10;
  private static final int HISTOGRAM_BINS = 40;

  private final boolean[] positive;
  private final double threshold;

  BinaryJudge(boolean[] positive, double threshold) {
    this.positive = positive;
    this.threshold = threshold;
  }

  @Override
  public int rows() {
    return positive.length;
  }

  @Override
  public void check(Scores scores, String model) {
    Binary.check(scores.single(), "score of " + model);
  }

  @Override
  public ObjectNode metrics(Scores scores) {
    var values = scores.single();
    var metrics = Json.object();
    Judge.put(metrics, "auc", Binary.auc(positive, values));
    Judge.put(metrics, "log_loss", Binary.logLoss(positive, values));
    Judge.put(metrics, "brier", Binary.brier(positive, values));
    Judge.put(
        metrics,
        "calibration_error",
        Binary.calibrationError(Binary.calibration(positive, values, CALIBRATION_BINS)));
    var confusion = Binary.Confusion.at(threshold, positive, values);
    Judge.put(metrics, "accuracy", confusion.accuracy());
    Judge.put(metrics, "precision", confusion.precision());
    Judge.put(metrics, "recall", confusion.recall());
    Judge.put(metrics, "f1", confusion.f1());
    Judge.put(
        metrics,
        "positive_rate",
        Binary.ratio(confusion.truePositives() + confusion.falseNegatives(), rows()));
    Judge.put(metrics, "mean_score", Binary.mean(values));
    return metrics;
  }

  @Override
  public SortedMap<String, Statistic> statistics(Scores scores) {
    var values = scores.single();
    var statistics = new TreeMap<String, Statistic>();
    statistics.put("auc", new Ranking(positive, values)::auc);
    var losses = Binary.logLosses(positive, values);
    statistics.put("log_loss", weights -> Binary.mean(losses, weights));
    var errors = Binary.squaredErrors(positive, values);
    statistics.put("brier", weights -> Binary.mean(errors, weights));
    return statistics;
  }

  @Override
  public void describe(Scores scores, ObjectNode report) {
    var values = scores.single();
    var curves = report.putObject("curves");
    var roc = curves.putArray("roc");
    for (var point : new Ranking(positive, values).curve(CURVE_POINTS))
      roc.addArray().add(point[0]).add(point[1]);
    var calibration = curves.putArray("calibration");
    for (var bin : Binary.calibration(positive, values, CALIBRATION_BINS)) {
      calibration
          .addObject()
          .put("score", bin.score())
          .put("rate", bin.rate())
          .put("rows", bin.rows())
          .put("low", bin.interval().low())
          .put("high", bin.interval().high());
    }
    curves.set("score_histogram", histogram(values));
    var confusion = Binary.Confusion.at(threshold, positive, values);
    report
        .putObject("confusion")
        .put("threshold", threshold)
        .put("true_positives", confusion.truePositives())
        .put("false_positives", confusion.falsePositives())
        .put("true_negatives", confusion.trueNegatives())
        .put("false_negatives", confusion.falseNegatives());
  }

  private ObjectNode histogram(double[] values) {
    var edges = new double[HISTOGRAM_BINS + 1];
    for (int i = 0; i < edges.length; i++) edges[i] = (double) i / HISTOGRAM_BINS;
    var counts = new long[2][HISTOGRAM_BINS];
    for (int i = 0; i < values.length; i++) {
      counts[positive[i] ? 1 : 0][
          Math.min(HISTOGRAM_BINS - 1, (int) (values[i] * HISTOGRAM_BINS))]++;
    }
    var json = Judge.histogram(edges);
    var yes = json.putArray("positive");
    for (long count : counts[1]) yes.add(count);
    var no = json.putArray("negative");
    for (long count : counts[0]) no.add(count);
    return json;
  }

  @Override
  public String sliceMetric() {
    return "auc";
  }

  @Override
  public Judge of(int[] rows) {
    var taken = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) taken[i] = positive[rows[i]];
    return new BinaryJudge(taken, threshold);
  }
}
