package io.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.millrace.base.InvalidInput;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * {@code evaluate/classification} and {@code evaluate/regression}: judge a model on data and
 * report.
 */
public final class EvaluateComponent implements Component {
  private final Evaluations evaluations;
  private final boolean regression;

  private EvaluateComponent(Evaluations evaluations, boolean regression) {
    this.evaluations = evaluations;
    this.regression = regression;
  }

  public static EvaluateComponent classification(Evaluations evaluations) {
    return new EvaluateComponent(evaluations, false);
  }

  public static EvaluateComponent regression(Evaluations evaluations) {
    return new EvaluateComponent(evaluations, true);
  }

  @Override
  public String name() {
    return regression ? "evaluate/regression" : "evaluate/classification";
  }

  @Override
  public String meaning() {
    return regression
        ? "Judges predicted numbers: MAE, RMSE, R2, with intervals, slices and residuals."
        : "Judges probabilities: AUC, log loss, Brier score, precision and recall, calibration, with intervals and slices.";
  }

  @Override
  public List<Input> inputs() {
    var inputs = new ArrayList<Input>();
    inputs.add(Input.required("model", ValueType.MODEL, "the model package"));
    inputs.add(Input.optional("baselines", ValueType.MODELS, "packages judged on the same rows"));
    inputs.add(Input.required("data", ValueType.DATASET, "the rows, with their labels"));
    inputs.add(
        Input.optional(
            "label",
            ValueType.TEXT,
            "the column that holds what turned out; the model's own if not given"));
    inputs.add(Input.optional("slices", ValueType.LIST, "columns whose values part the rows"));
    inputs.add(
        new Input(
            "least_rows",
            ValueType.INTEGER,
            false,
            IntNode.valueOf(Request.Settings.LEAST_ROWS),
            "a slice has at least so many rows"));
    inputs.add(
        Input.optional(
            "output",
            ValueType.TEXT,
            "the model's output that holds the answer, where its name does not tell"));
    if (!regression) {
      inputs.add(
          Input.optional(
              "classes",
              ValueType.LIST,
              "the label's classes in the model's order; of two the second is positive"));
      inputs.add(
          new Input(
              "threshold",
              ValueType.NUMBER,
              false,
              DoubleNode.valueOf(Request.Settings.THRESHOLD),
              "scores from it on count as positive"));
    }
    return List.copyOf(inputs);
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output("report", ValueType.REPORT, "metrics, intervals, curves and slices"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    settings(with);
  }

  @Override
  public Result run(Task task) throws InterruptedException {
    var baselines = task.artifacts().get("baselines");
    var request =
        new Request(
            artifact(task, "model").digest(),
            baselines == null ? null : baselines.digest(),
            artifact(task, "data").digest(),
            settings(task.values()));
    task.progress("scoring", Double.NaN);
    var report = evaluated(request);
    var metrics = report.content().path("metrics");
    task.log(
        "%s on %d rows: %s"
            .formatted(request.model().brief(), report.content().path("rows").asInt(), metrics));
    var summary = new LinkedHashMap<String, JsonNode>();
    summary.put("rows", report.content().path("rows"));
    metrics.properties().forEach(metric -> summary.put(metric.getKey(), metric.getValue()));
    if (!report.content().path("baselines").isEmpty())
      summary.put("baselines", report.content().path("baselines"));
    return new Result(
        Map.of("report", new ArtifactRef(ValueType.REPORT, report.digest())),
        Map.of(),
        List.of(),
        summary);
  }

  /** A step that is cancelled is interrupted. */
  private Evaluations.Report evaluated(Request request) throws InterruptedException {
    try {
      return evaluations.evaluate(request);
    } catch (CancellationException e) {
      throw new InterruptedException("cancelled");
    }
  }

  private static ArtifactRef artifact(Task task, String name) {
    return Objects.requireNonNull(task.artifacts().get(name), name);
  }

  private Request.Settings settings(Map<String, JsonNode> with) {
    var least = with.get("least_rows");
    var threshold = with.get("threshold");
    return new Request.Settings(
        regression,
        text(with.get("label")),
        texts("classes", with.get("classes")),
        text(with.get("output")),
        texts("slices", with.get("slices")),
        least == null ? Request.Settings.LEAST_ROWS : least.asInt(),
        threshold == null ? Request.Settings.THRESHOLD : threshold.asDouble());
  }

  private static @Nullable String text(@Nullable JsonNode value) {
    return value == null || value.isNull() ? null : value.asText();
  }

  private static List<String> texts(String name, @Nullable JsonNode value) {
    if (value == null || value.isNull()) return List.of();
    var texts = new ArrayList<String>();
    for (var one : value) {
      if (!one.isValueNode()) throw new InvalidInput(name, one, "texts");
      texts.add(one.asText());
    }
    return texts;
  }
}
