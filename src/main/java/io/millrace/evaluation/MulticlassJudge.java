package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Judges probabilities of several classes. */
final class MulticlassJudge implements Judge {
  private final int[] truth;
  private final List<String> classes;

  MulticlassJudge(int[] truth, List<String> classes) {
    this.truth = truth;
    this.classes = classes;
  }

  /** Of some rows of a table whose classes have those numbers. */
  static Judge of(int[] numbers, List<String> classes, int[] rows) {
    return new MulticlassJudge(numbers, classes).of(rows);
  }

  @Override
  public int rows() {
    return truth.length;
  }

  @Override
  public void check(Scores scores, String model) {
    if (scores.classes() != classes.size()) {
      throw new InvalidInput(
          "classes of %s".formatted(model),
          scores.classes(),
          "%d: %s".formatted(classes.size(), String.join(", ", classes)));
    }
    for (int c = 0; c < classes.size(); c++)
      Binary.check(
          scores.byClass()[c], "probability of class %s by %s".formatted(classes.get(c), model));
  }

  @Override
  public ObjectNode metrics(Scores scores) {
    var metrics = Json.object();
    Judge.put(metrics, "accuracy", Multiclass.accuracy(truth, scores.byClass()));
    Judge.put(metrics, "log_loss", Multiclass.logLoss(truth, scores.byClass()));
    Judge.put(metrics, "macro_f1", Multiclass.macroF1(truth, scores.byClass()));
    Judge.put(metrics, "auc", Multiclass.macroAuc(truth, scores.byClass()));
    return metrics;
  }

  @Override
  public SortedMap<String, Statistic> statistics(Scores scores) {
    var statistics = new TreeMap<String, Statistic>();
    var hits = Multiclass.hits(truth, scores.byClass());
    statistics.put("accuracy", weights -> Binary.mean(hits, weights));
    var losses = Multiclass.logLosses(truth, scores.byClass());
    statistics.put("log_loss", weights -> Binary.mean(losses, weights));
    return statistics;
  }

  @Override
  public void describe(Scores scores, ObjectNode report) {
    var confusion = report.putObject("confusion");
    var names = confusion.putArray("classes");
    classes.forEach(names::add);
    var counts = confusion.putArray("rows_by_truth");
    for (var row : Multiclass.confusion(truth, scores.byClass())) {
      var line = counts.addArray();
      for (long count : row) line.add(count);
    }
    int unknown = 0;
    for (int one : truth) if (one < 0) unknown++;
    report.put("rows_of_unknown_class", unknown);
  }

  @Override
  public String sliceMetric() {
    return "accuracy";
  }

  @Override
  public Judge of(int[] rows) {
    var taken = new int[rows.length];
    for (int i = 0; i < rows.length; i++) taken[i] = truth[rows[i]];
    return new MulticlassJudge(taken, classes);
  }
}
