package io.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import io.millrace.models.Models;
import io.millrace.models.Predictor;
import io.millrace.pipelines.PipelineRun;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.RunState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How fast the models of a pipeline age, and what training them anew brought: the model of each of
 * its runs is judged on the rows of every later run. Reads runs that were; trains nothing.
 */
public final class Staleness {
  /** How many runs, each of another value of the parameter, a report holds. */
  public static final int MOST_PERIODS = 24;

  private static final int RESAMPLES = 300;
  private static final long SEED = 1;

  /** The outcome of a run whose model did not take the champion's place. */
  private static final String KEPT = "kept champion";

  private final Pipelines pipelines;
  private final Models models;
  private final Trial.Tables tables;
  private final ReentrantLock one = new ReentrantLock();

  public Staleness(Pipelines pipelines, Models models, io.millrace.data.Datasets datasets) {
    this(pipelines, models, datasets::frame);
  }

  Staleness(Pipelines pipelines, Models models, Trial.Tables tables) {
    this.pipelines = pipelines;
    this.models = models;
    this.tables = tables;
  }

  /**
   * What is asked.
   *
   * @param by the parameter that puts the runs in their order, such as a date
   * @param model the output that holds a run's model, as STEP.OUTPUT
   * @param data the output with the rows that models of earlier runs are judged on
   * @param metric one that has intervals; null means the task's usual one
   */
  public record Question(
      String pipeline, String by, String model, String data, @Nullable String metric) {}

  /**
   * A run that counts.
   *
   * @param took whether its model took the champion's place
   */
  record Period(String value, String run, Digest model, Digest data, boolean took) {}

  /** The report, as JSON; one is made at a time. */
  public ObjectNode report(Question question) {
    var periods = periods(question);
    if (!one.tryLock())
      throw new Unavailable("another report of staleness is being made; ask again when it is done");
    try {
      return report(question, periods);
    } finally {
      one.unlock();
    }
  }

  /** The newest run that succeeded of each value, in the order of the values. */
  private List<Period> periods(Question question) {
    var summary = pipelines.pipeline(question.pipeline());
    if (summary.params().stream().noneMatch(p -> p.name().equals(question.by())))
      throw new InvalidInput(
          "pipeline %s has no parameter \"%s\" to put its runs in order by"
              .formatted(question.pipeline(), question.by()));
    var newest = new TreeMap<String, Period>(order());
    for (var run : pipelines.runs(question.pipeline())) {
      if (run.state() != RunState.SUCCEEDED) continue;
      var value = run.params().path(question.by());
      if (value.isMissingNode() || newest.containsKey(value.asText())) continue;
      var model = artifact(run, question.model());
      var data = artifact(run, question.data());
      if (model == null || data == null) continue;
      newest.put(
          value.asText(),
          new Period(value.asText(), run.id(), model, data, !KEPT.equals(run.outcome())));
    }
    if (newest.size() < 2)
      throw new InvalidInput(
          "%d runs of pipeline %s succeeded with the outputs %s and %s, each of another %s; at least 2 are needed: make more with  millrace backfill %s --param %s ..."
              .formatted(
                  newest.size(),
                  question.pipeline(),
                  question.model(),
                  question.data(),
                  question.by(),
                  question.pipeline(),
                  question.by()));
    var all = List.copyOf(newest.values());
    return all.subList(Math.max(0, all.size() - MOST_PERIODS), all.size());
  }

  /** Numbers by size, all else as text, as which dates are in order too. */
  private static Comparator<String> order() {
    return (a, b) -> {
      try {
        return Double.compare(Double.parseDouble(a), Double.parseDouble(b));
      } catch (NumberFormatException e) {
        return a.compareTo(b);
      }
    };
  }

  private static @Nullable Digest artifact(PipelineRun run, String output) {
    int dot = output.indexOf('.');
    if (dot < 1 || dot == output.length() - 1)
      throw new InvalidInput("output", output, "STEP.OUTPUT, such as train.model");
    for (var step : run.steps()) {
      if (!step.name().equals(output.substring(0, dot))) continue;
      var found = step.outputs() == null ? null : step.outputs().get(output.substring(dot + 1));
      if (found != null && found.path("digest").isTextual())
        return new Digest(found.path("digest").asText());
    }
    return null;
  }

  private ObjectNode report(Question question, List<Period> periods) {
    var report = Json.object().put("pipeline", question.pipeline()).put("by", question.by());
    var listed = report.putArray("periods");
    for (var period : periods)
      listed
          .addObject()
          .put("value", period.value())
          .put("run", period.run())
          .put("model", period.model().hex())
          .put("took_over", period.took());
    var cells = report.putArray("cells");
    var retrained = Json.object();
    var months = retrained.putArray("periods");
    var ages = new TreeMap<Integer, List<Double>>();
    var gains = new ArrayList<double[]>();
    var differences = new ArrayList<Double>();
    for (int j = 1; j < periods.size(); j++) {
      var column = column(question, periods, j);
      report.put("metric", column.metric());
      for (int i = 0; i < j; i++) {
        var cell =
            cells
                .addObject()
                .put("train", periods.get(i).value())
                .put("test", periods.get(j).value())
                .put("age", j - i)
                .put("rows", column.rows());
        put(cell, "value", column.values()[i], sorted(column.samples()[i]));
        ages.computeIfAbsent(j - i, _ -> new ArrayList<>()).add(column.values()[i]);
      }
      int serving = serving(periods, j);
      var gain = new double[RESAMPLES];
      for (int s = 0; s < RESAMPLES; s++)
        gain[s] = column.samples()[serving][s] - column.samples()[0][s];
      double difference = column.values()[serving] - column.values()[0];
      var month =
          months
              .addObject()
              .put("test", periods.get(j).value())
              .put("rows", column.rows())
              .put("served", periods.get(serving).value())
              .put("took_over", periods.get(j).took());
      Judge.put(month, "first", column.values()[0]);
      Judge.put(month, "retrained", column.values()[serving]);
      put(month, "difference", difference, sorted(gain));
      // Before the second run there is no other model to serve.
      if (j < 2) continue;
      gains.add(gain);
      differences.add(difference);
    }
    report.set("ages", ages(ages));
    if (!gains.isEmpty()) mean(retrained.putObject("mean"), gains, differences);
    report.set("retrained", retrained);
    report.put("confidence", Interval.CONFIDENCE).put("resamples", RESAMPLES).put("seed", SEED);
    return report;
  }

  /** The run before that one whose model took the place last. */
  private static int serving(List<Period> periods, int before) {
    for (int i = before - 1; i > 0; i--) if (periods.get(i).took()) return i;
    return 0;
  }

  private static JsonNode ages(TreeMap<Integer, List<Double>> ages) {
    var array = Json.array();
    ages.forEach((age, values) -> {
      var entry = array.addObject().put("age", age).put("cells", values.size());
      Judge.put(
          entry,
          "mean",
          values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN));
    });
    return array;
  }

  /** The mean over periods, whose rows are drawn each for itself. */
  private static void mean(ObjectNode into, List<double[]> gains, List<Double> differences) {
    var means = new double[RESAMPLES];
    for (int s = 0; s < RESAMPLES; s++) {
      int sample = s;
      means[s] = gains.stream().mapToDouble(g -> g[sample]).average().orElse(Double.NaN);
    }
    into.put("periods", gains.size());
    put(
        into,
        "difference",
        differences.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN),
        sorted(means));
    Judge.put(into, "p_value", Bootstrap.pValue(sorted(means)));
  }

  private static double[] sorted(double[] samples) {
    return Arrays.stream(samples).filter(v -> !Double.isNaN(v)).sorted().toArray();
  }

  private static void put(ObjectNode into, String name, double value, double[] sorted) {
    var interval = Bootstrap.interval(sorted);
    Judge.put(into, name, value);
    Judge.put(into, "low", interval.low());
    Judge.put(into, "high", interval.high());
  }

  /**
   * All earlier models on the rows of one period.
   *
   * @param samples of each model, the same rows drawn for all
   */
  private record Column(String metric, int rows, double[] values, double[][] samples) {}

  private Column column(Question question, List<Period> periods, int test) {
    var loaded = new ArrayList<Predictor>();
    try {
      for (int i = 0; i < test; i++) loaded.add(models.forTables(periods.get(i).model()));
      boolean regression =
          Trial.said(loaded.getFirst().lock()).equals(java.util.Optional.of(TaskKind.REGRESSION));
      var trial =
          new Trial(
              tables,
              periods.get(test).data(),
              regression ? Request.Settings.forRegression() : Request.Settings.forClassification(),
              loaded.getFirst(),
              loaded.subList(1, loaded.size()));
      var metric = question.metric() == null ? trial.judge.sliceMetric() : question.metric();
      var statistics = new ArrayList<Statistic>();
      for (int i = 0; i < test; i++) {
        var called = "the model of %s %s".formatted(question.by(), periods.get(i).value());
        var of = trial.judge.statistics(trial.scores(loaded.get(i), called));
        var statistic = of.get(metric);
        if (statistic == null)
          throw new InvalidInput("metric", metric, "one of " + String.join(", ", of.keySet()));
        statistics.add(statistic);
      }
      int rows = trial.judge.rows();
      var once = new int[rows];
      Arrays.fill(once, 1);
      return new Column(
          metric,
          rows,
          statistics.stream().mapToDouble(s -> s.of(once)).toArray(),
          new Bootstrap(rows, RESAMPLES, SEED + test).samples(statistics));
    } finally {
      loaded.forEach(Predictor::close);
    }
  }
}
