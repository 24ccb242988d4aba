package io.millrace.models.explanations;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each input added to an answer, against what the model answers to its reference rows.
 *
 * @param method {@value #TREE_SHAP} or {@value #SAMPLING}
 * @param output whose number is explained: NAME, or NAME[INDEX]
 * @param answer that number, as the model gives it
 * @param scale what the contributions add up in: {@value #OUTPUT}, or {@value #MARGIN}, which the
 *     link function makes the answer of: log-odds under a sigmoid, a class's sum under a softmax
 * @param value of the row in that scale
 * @param base the mean over the reference rows in that scale
 * @param contributions the largest first
 * @param residual value - base - the sum of the contributions
 */
public record Explanation(
    String method,
    String output,
    double answer,
    String scale,
    double value,
    double base,
    List<Contribution> contributions,
    double residual,
    Basis basis) {
  public static final String TREE_SHAP = "tree_shap";
  public static final String SAMPLING = "sampling";
  public static final String OUTPUT = "output";
  public static final String MARGIN = "margin";

  /**
   * @param value what the row has: a number, text or truth value
   * @param error the standard error of the contribution; null where it is exact
   */
  public record Contribution(String input, Object value, double amount, @Nullable Double error) {}

  /**
   * What it rests on.
   *
   * @param from where the reference rows come from
   * @param permutations that were drawn; 0 where nothing was
   */
  public record Basis(int references, String from, int permutations, long seed) {}

  public Explanation {
    contributions =
        contributions.stream()
            .sorted(Comparator.comparingDouble((Contribution c) -> -Math.abs(c.amount())))
            .toList();
  }

  public ObjectNode json() {
    var json =
        Json.object()
            .put("method", method)
            .put("output", output)
            .put("answer", answer)
            .put("scale", scale)
            .put("value", value)
            .put("base_value", base)
            .put("residual", residual);
    var reference = json.putObject("reference");
    reference.put("rows", basis.references()).put("from", basis.from());
    if (basis.permutations() > 0)
      json.put("permutations", basis.permutations()).put("seed", basis.seed());
    var list = json.putArray("contributions");
    for (var one : contributions) {
      var entry = list.addObject().put("input", one.input());
      switch (one.value()) {
        case Double number when !Double.isFinite(number) -> entry.putNull("value");
        case Object value -> entry.set("value", Json.tree(value));
      }
      entry.put("contribution", one.amount());
      if (one.error() != null) entry.put("standard_error", one.error());
    }
    return json;
  }
}
