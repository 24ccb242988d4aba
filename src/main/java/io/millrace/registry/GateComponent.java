package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Cel;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.evaluation.Evaluations;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code gate/champion}: whether a candidate may replace the champion, by a rule over how both did
 * on the same rows. The champion's package is pinned, so that a new champion asks again; no
 * champion and the candidate as its own champion pin nothing, since to the gate they are the same.
 */
public final class GateComponent implements Component {
  private static final String CHAMPION = "champion";

  private final ModelRegistry registry;
  private final Evaluations evaluations;

  public GateComponent(ModelRegistry registry, Evaluations evaluations) {
    this.registry = registry;
    this.evaluations = evaluations;
  }

  @Override
  public String name() {
    return "gate/champion";
  }

  @Override
  public String meaning() {
    return "Says whether a candidate may replace the champion, by a CEL rule over candidate, champion and comparison on the same rows.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required("report", ValueType.REPORT, "the candidate's report"),
        Input.required(
            "model",
            ValueType.TEXT,
            "the registered model whose alias champion marks the champion"),
        Input.required(
            "rule",
            ValueType.TEXT,
            "CEL, such as candidate.auc >= champion.auc - 0.002 or comparison.auc.p_value < 0.05"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(
        new Output("pass", ValueType.BOOLEAN, "whether the candidate may replace the champion"),
        new Output("reason", ValueType.TEXT, "why"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    var model = with.get("model");
    if (model != null) checked(model);
    var rule = with.get("rule");
    if (rule != null) Scorecard.check(rule.asText());
  }

  private static ModelName checked(JsonNode model) {
    return new ModelName(model.asText());
  }

  @Override
  public Map<String, ArtifactRef> pins(
      Snapshot snapshot,
      Map<String, JsonNode> with,
      Map<String, ArtifactRef> inputs,
      Map<String, ArtifactRef> instead) {
    var report = Objects.requireNonNull(inputs.get("report"));
    var candidate = candidate(evaluations.report(report.digest()));
    return registry
        .find(snapshot, checked(Objects.requireNonNull(with.get("model"))), Alias.CHAMPION)
        .map(ModelVersion::served)
        .filter(champion -> !champion.equals(candidate))
        .map(champion -> Map.of(CHAMPION, new ArtifactRef(ValueType.MODEL, champion)))
        .orElse(Map.of());
  }

  private static Digest candidate(JsonNode report) {
    return new Digest(report.path("model").asText());
  }

  @Override
  public Result run(Task task) {
    var report =
        evaluations.report(Objects.requireNonNull(task.artifacts().get("report")).digest());
    var rule = Objects.requireNonNull(task.value("rule")).asText();
    Scorecard.check(rule);
    var champion = task.pins().get(CHAMPION);
    if (champion == null) return result(true, "nothing to beat", null);
    task.progress("scoring the champion on the candidate's rows", Double.NaN);
    var scorecard = new Scorecard(evaluations.challenge(report, champion.digest()));
    boolean pass = passes(rule, scorecard);
    var reason =
        "%s: %s"
            .formatted(pass ? "the rule holds" : "the rule does not hold", scorecard.explain(rule));
    task.log(reason);
    return result(pass, reason, scorecard);
  }

  private static boolean passes(String rule, Scorecard scorecard) {
    Object value;
    try {
      value = Cel.evaluate(rule, scorecard.values());
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s; there are %s".formatted(e.getMessage(), String.join(", ", scorecard.names())));
    }
    if (value instanceof Boolean pass) return pass;
    throw new InvalidInput(
        "rule \"%s\"".formatted(rule),
        value,
        "true or false: compare something, as in candidate.auc >= champion.auc");
  }

  private static Result result(boolean pass, String reason, @Nullable Scorecard scorecard) {
    var summary = new LinkedHashMap<String, JsonNode>();
    summary.put("pass", BooleanNode.valueOf(pass));
    summary.put("reason", TextNode.valueOf(reason));
    if (!pass) summary.put("outcome", TextNode.valueOf("kept champion"));
    if (scorecard != null) {
      summary.put("candidate", Json.tree(scorecard.challenge().report().path("metrics")));
      summary.put("champion", Json.tree(scorecard.challenge().other().path("metrics")));
      summary.put("comparison", scorecard.challenge().comparison());
    }
    return new Result(
        Map.of(),
        Map.of("pass", BooleanNode.valueOf(pass), "reason", TextNode.valueOf(reason)),
        List.of(),
        summary);
  }
}
