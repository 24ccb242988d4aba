package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The values of a search that the step's component has no input for, but a map called {@code
 * params}: they are entries of that, as if it said {@code params: { NAME: "${{ search.NAME }}" }}.
 */
final class Loose {
  static final String INPUT = "params";

  private Loose() {}

  static Map<String, Template> of(StepDefinition step, Component component) {
    var loose = new LinkedHashMap<String, Template>();
    if (component.inputs().stream()
        .noneMatch(i -> i.name().equals(INPUT) && i.type() == ValueType.MAP)) return loose;
    step.with()
        .forEach((name, template) -> {
          if (isOfSearch(name, template)
              && component.inputs().stream().noneMatch(i -> i.name().equals(name)))
            loose.put(name, template);
        });
    return loose;
  }

  private static boolean isOfSearch(String name, Template template) {
    return template instanceof Template.Whole(var _, var expression)
        && expression
            .wholeLocal()
            .filter(l -> l.word().equals(Strategy.Search.WORD) && l.name().equals(name))
            .isPresent();
  }

  /** Whether the step gives that entry itself too. */
  static boolean isGiven(StepDefinition step, String name) {
    return step.with().get(INPUT) instanceof Template.Entries entries
        && entries.values().containsKey(name);
  }

  /** Puts values among the params that are there. */
  static void put(Map<String, JsonNode> values, Map<String, JsonNode> loose) {
    if (loose.isEmpty()) return;
    ObjectNode all = Json.object();
    if (values.get(INPUT) instanceof ObjectNode given) all.setAll(given);
    all.setAll(loose);
    values.put(INPUT, all);
  }
}
