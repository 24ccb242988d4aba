package io.millrace.pipelines;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads what stands under {@code strategy}: form only. */
final class StrategyParser {
  static final Set<String> KEYS =
      Set.of("matrix", "for-each", "search", "max-parallel", "fail-fast");
  private static final int MOST_PARALLEL = 1_000;
  private static final String INCLUDE = "include";
  private static final String EXCLUDE = "exclude";

  private StrategyParser() {}

  static Strategy parse(YamlNode node) {
    node.only(new TreeSet<>(KEYS));
    var matrix = node.optional("matrix");
    var items = node.optional("for-each");
    var search = node.optional("search");
    if (Stream.of(matrix, items, search).filter(Optional::isPresent).count() != 1)
      throw node.invalid(
          "strategy: expected one of  matrix: { NAME: [VALUES] },  for-each: \"${{ steps.STEP.outputs.LIST }}\"  and  search: { algorithm: tpe, ... }");
    if (search.isPresent()) {
      for (var key : List.of("max-parallel", "fail-fast"))
        if (node.optional(key).isPresent())
          throw node.key(key)
              .invalid(
                  "\"%s\" goes with matrix and for-each; a search has \"parallel\", and a trial that fails is one without a score"
                      .formatted(key));
      return SearchParser.parse(search.get());
    }
    var pace =
        new Strategy.Pace(
            node.optional("max-parallel")
                .map(most -> whole(most, "max-parallel", MOST_PARALLEL))
                .orElse(Strategy.Pace.PARALLEL),
            node.optional("fail-fast").map(YamlNode::bool).orElse(true));
    if (matrix.isPresent()) return matrix(matrix.get(), pace);
    var list = items.orElseThrow();
    return new Strategy.ForEach(list, list(list, "for-each"), pace);
  }

  private static Strategy.Matrix matrix(YamlNode node, Strategy.Pace pace) {
    ProcessParser.few(node, "axes");
    var axes = new LinkedHashMap<String, Template>();
    for (var axis : node.map().entrySet()) {
      if (axis.getKey().equals(INCLUDE) || axis.getKey().equals(EXCLUDE)) continue;
      axes.put(
          ProcessParser.identifier(node.key(axis.getKey()), "axis"),
          list(axis.getValue(), "matrix." + axis.getKey()));
    }
    if (axes.isEmpty()) throw node.invalid("matrix: expected at least one axis, as NAME: [VALUES]");
    var matrix =
        new Strategy.Matrix(
            node,
            axes,
            combinations(node, INCLUDE, axes.sequencedKeySet(), true),
            combinations(node, EXCLUDE, axes.sequencedKeySet(), false),
            pace);
    if (axes.values().stream().allMatch(Template::isLiteral)) {
      var count = matrix.instances(Scope.NONE).size();
      if (count == 0)
        throw node.invalid("matrix: no combination is left; give each axis at least one value");
    }
    return matrix;
  }

  private static List<ObjectNode> combinations(
      YamlNode matrix, String key, Set<String> axes, boolean isWhole) {
    var all = new ArrayList<ObjectNode>();
    matrix
        .optional(key)
        .ifPresent(given -> {
          for (var one : given.list()) {
            one.only(new TreeSet<>(axes));
            if (isWhole) axes.forEach(one::required);
            if (one.map().isEmpty() || !(one.json() instanceof ObjectNode values))
              throw one.invalid("%s: expected values of axes, as { NAME: VALUE }".formatted(key));
            if (!Template.of(one).isLiteral())
              throw one.invalid("%s: expected plain values, without ${{ }}".formatted(key));
            all.add(values);
          }
        });
    return all;
  }

  /** A list, or the expression that gives one. */
  private static Template list(YamlNode node, String what) {
    var template = Template.of(node);
    if (!node.isList() && !(template instanceof Template.Whole))
      throw node.invalid(
          "%s: got %s, expected a list, as [A, B] or \"${{ steps.STEP.outputs.LIST }}\""
              .formatted(what, node.json()));
    return template;
  }

  static int whole(YamlNode node, String what, int most) {
    long number = node.integer();
    if (number < 1 || number > most)
      throw node.invalid("%s: got %d, expected 1 to %,d".formatted(what, number, most));
    return (int) number;
  }
}
