package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.InvalidInput;
import io.millrace.evaluation.Evaluations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a gate's rule speaks of: {@code candidate} and {@code champion} (every metric of the report,
 * rows, intervals.METRIC.low and high, slices.min_METRIC, and for the candidate
 * baselines.NAME.METRIC) and {@code comparison} (METRIC.difference, low, high and p_value). All
 * numbers are floating point.
 */
record Scorecard(Evaluations.Challenge challenge) {
  private static final List<String> VARIABLES = List.of("candidate", "champion", "comparison");

  private static final Pattern NAME =
      Pattern.compile("(?:candidate|champion|comparison)(?:\\.[A-Za-z_][A-Za-z0-9_]*)+");

  /** Refuses a rule that does not parse or speaks of something else, with the place. */
  static void check(String rule) {
    try {
      Cel.check(rule, VARIABLES);
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s; a rule speaks of %s, as in candidate.auc >= champion.auc"
              .formatted(e.getMessage(), String.join(", ", VARIABLES)));
    }
  }

  Map<String, Object> values() {
    var values = new LinkedHashMap<String, Object>();
    values.put("candidate", model(challenge.report()));
    values.put("champion", model(challenge.other()));
    values.put("comparison", numbers(challenge.comparison()));
    return values;
  }

  private static Map<String, Object> model(JsonNode report) {
    var values = new TreeMap<>(numbers(report.path("metrics")));
    values.put("rows", report.path("rows").asDouble());
    var intervals = new TreeMap<String, Object>();
    report
        .path("intervals")
        .properties()
        .forEach(e ->
            intervals.put(
                e.getKey(),
                Map.of(
                    "low",
                    e.getValue().path(0).asDouble(),
                    "high",
                    e.getValue().path(1).asDouble())));
    values.put("intervals", intervals);
    var slices = slices(report.path("slices"));
    if (!slices.isEmpty()) values.put("slices", slices);
    if (report.path("baselines").size() > 0)
      values.put("baselines", numbers(report.path("baselines")));
    return values;
  }

  /** The least and the greatest value that a metric has in any slice. */
  private static Map<String, Object> slices(JsonNode slices) {
    var extremes = new TreeMap<String, Object>();
    for (var slice : slices) {
      var metric = slice.path("metric").asText();
      if (!slice.path(metric).isNumber()) continue;
      double value = slice.path(metric).asDouble();
      extremes.merge("min_" + metric, value, (a, b) -> Math.min((Double) a, (Double) b));
      extremes.merge("max_" + metric, value, (a, b) -> Math.max((Double) a, (Double) b));
    }
    return extremes;
  }

  /**
   * Nested numbers; what is not defined (null) is left out, so that a rule that needs it says so.
   */
  private static Map<String, Object> numbers(JsonNode json) {
    var values = new TreeMap<String, Object>();
    json.properties()
        .forEach(e -> {
          if (e.getValue().isObject()) values.put(e.getKey(), numbers(e.getValue()));
          else if (e.getValue().isNumber()) values.put(e.getKey(), e.getValue().asDouble());
        });
    return values;
  }

  /** Every name that a rule can use. */
  List<String> names() {
    return flat().keySet().stream().toList();
  }

  private Map<String, Double> flat() {
    var flat = new LinkedHashMap<String, Double>();
    flatten("", values(), flat);
    return flat;
  }

  private static void flatten(String prefix, Map<?, ?> values, Map<String, Double> flat) {
    values.forEach((key, value) -> {
      var name = prefix.isEmpty() ? String.valueOf(key) : prefix + "." + key;
      if (value instanceof Map<?, ?> inner) flatten(name, inner, flat);
      else if (value instanceof Double number) flat.put(name, number);
    });
  }

  /**
   * The rule and the numbers that it names, as in: candidate.auc > champion.auc (candidate.auc =
   * 0.7412, ...).
   */
  String explain(String rule) {
    var flat = flat();
    var named = new ArrayList<String>();
    var names = NAME.matcher(rule);
    while (names.find()) {
      var number = flat.get(names.group());
      if (number == null) continue;
      var text = "%s = %s".formatted(names.group(), String.format(Locale.ROOT, "%.5g", number));
      if (!named.contains(text)) named.add(text);
    }
    return named.isEmpty() ? rule : "%s (%s)".formatted(rule, String.join(", ", named));
  }
}
