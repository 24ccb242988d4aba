package io.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.data.Frame;
import io.millrace.models.Predictor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** Rows with known labels, read once, on which several models are judged alike. */
final class Trial {
  /** Labels, weights, orders and places in slices, of each row. */
  private static final int BESIDE = 16;

  /** Single and double precision, by row and by class, of the model and of another. */
  private static final int BESIDE_A_CLASS = 4;

  /** Reads columns of a directory of Parquet files. */
  @FunctionalInterface
  interface Tables {
    /**
     * @param beside how many numbers a row will need beside those that are read
     */
    Frame frame(Digest data, List<String> columns, int beside);
  }

  final TaskKind task;
  final String label;
  final List<String> classes;
  final Judge judge;
  final Slices slices;
  final int dropped;
  private final int[] rows;
  private final Scorer scorer;

  /** Reads what the first model, whose package says what the labels mean, and the others need. */
  Trial(
      Tables tables,
      Digest data,
      Request.Settings settings,
      Predictor model,
      List<Predictor> others) {
    label =
        Optional.ofNullable(settings.label())
            .or(model::label)
            .orElseThrow(() ->
                new InvalidInput(
                    "the model package %s does not say which column it predicts: give \"label\""
                        .formatted(model.digest().brief())));
    task = task(settings, model);
    int beside = BESIDE + BESIDE_A_CLASS * Math.max(1, Classes.said(model.lock()).size());
    var frame = tables.frame(data, columns(settings, model, others), beside);
    var column = frame.column(label);
    rows = Labels.known(column);
    dropped = frame.rows() - rows.length;
    if (rows.length == 0) {
      throw new InvalidInput(
          frame.rows() == 0
              ? "there are no rows to evaluate on"
              : "none of the %,d rows has a label in \"%s\": there is nothing to compare with"
                  .formatted(frame.rows(), label));
    }
    scorer = new Scorer(frame, task, settings.output());
    slices = new Slices(frame, rows, settings.leastRows());
    classes =
        switch (task) {
          case REGRESSION -> List.of();
          case BINARY, MULTICLASS -> Classes.of(task, settings, model, column);
        };
    judge =
        switch (task) {
          case BINARY ->
              new BinaryJudge(Labels.positive(column, classes, rows), settings.threshold());
          case MULTICLASS -> MulticlassJudge.of(Labels.numbers(column, classes), classes, rows);
          case REGRESSION -> new RegressionJudge(Labels.values(column, rows));
        };
  }

  private List<String> columns(Request.Settings settings, Predictor model, List<Predictor> others) {
    var columns = new LinkedHashSet<String>();
    columns.add(label);
    columns.addAll(settings.slices());
    columns.addAll(model.signature().columns());
    others.forEach(other -> columns.addAll(other.signature().columns()));
    return new ArrayList<>(columns);
  }

  private static TaskKind task(Request.Settings settings, Predictor model) {
    var said = said(model.lock());
    if (settings.regression()) {
      if (said.isPresent() && said.get() != TaskKind.REGRESSION)
        throw other(said.get(), "evaluate/classification");
      return TaskKind.REGRESSION;
    }
    if (said.isPresent() && said.get() == TaskKind.REGRESSION)
      throw other(said.get(), "evaluate/regression");
    return said.orElseGet(() -> Scorer.classification(model.signature(), settings.output()));
  }

  private static InvalidInput other(TaskKind task, String component) {
    return new InvalidInput("the model's task is %s: use %s".formatted(task.word(), component));
  }

  static Optional<TaskKind> said(JsonNode lock) {
    for (var key : List.of("task", "objective")) {
      if (lock.path(key).isTextual()) return TaskKind.parse(lock.path(key).asText());
    }
    return Optional.empty();
  }

  /**
   * The model's answers to the rows, checked, in this trial's order of classes. Messages call the
   * model as given.
   */
  Scores scores(Predictor model, String called) {
    try {
      var scores = scorer.scores(model).of(rows);
      if (task != TaskKind.REGRESSION)
        scores = Classes.aligned(scores, Classes.said(model.lock()), classes);
      judge.check(scores, called);
      return scores;
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s cannot be evaluated on this data: %s".formatted(called, e.getMessage()));
    }
  }
}
