package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Checks what a step says of its instances, and that it reads of them what there is. */
final class StrategyChecker {
  private final Catalog.Bound components;
  private final BiConsumer<YamlNode, String> problem;

  StrategyChecker(Catalog.Bound components, BiConsumer<YamlNode, String> problem) {
    this.components = components;
    this.problem = problem;
  }

  void check(StepDefinition step) {
    var words = step.strategy().words();
    step.strategy()
        .expressions()
        .forEach(expression -> {
          if (!expression.locals().isEmpty())
            problem.accept(
                expression.place(),
                "%s is a value of an instance; what makes the instances cannot read it"
                    .formatted(expression.locals().getFirst().text()));
        });
    Stream.concat(step.with().values().stream(), Optional.ofNullable(step.condition()).stream())
        .flatMap(Template::expressions)
        .forEach(expression -> {
          for (var local : expression.locals()) {
            var names = words.get(local.word());
            if (names == null)
              problem.accept(
                  expression.place(),
                  "step %s has no value %s: it needs  strategy: { %s: ... }"
                      .formatted(step.id(), local.text(), strategy(local.word())));
            else if (!names.contains(local.name()))
              problem.accept(
                  expression.place(),
                  "step %s has no value %s%s"
                      .formatted(step.id(), local.text(), Names.suggestion(local.name(), names)));
          }
        });
    lists(step);
    if (step.strategy() instanceof Strategy.Search search) search(step, search);
  }

  private void search(StepDefinition step, Strategy.Search search) {
    try {
      components.algorithm(search);
    } catch (InvalidInput e) {
      problem.accept(search.algorithm(), e.getMessage());
    }
    var objective = search.objective().text();
    if (!objective.startsWith("outputs.")) return;
    var name = objective.substring(objective.indexOf('.') + 1);
    var outputs = components.outputs(step);
    var found = outputs.stream().filter(o -> o.name().equals(name)).findFirst();
    if (found.isEmpty())
      problem.accept(
          search.objective(),
          "step %s has no output \"%s\"%s"
              .formatted(
                  step.id(),
                  name,
                  Names.suggestion(name, outputs.stream().map(Component.Output::name).toList())));
    else if (!ValueChecks.flows(found.get().type(), ValueType.NUMBER))
      problem.accept(
          search.objective(),
          "output \"%s\" is a %s, expected a number".formatted(name, found.get().type()));
  }

  private static String strategy(String word) {
    return word.equals(Strategy.ForEach.WORD) ? "for-each" : word;
  }

  /** What is all of an axis or of for-each must be a list. */
  private void lists(StepDefinition step) {
    var templates =
        switch (step.strategy()) {
          case Strategy.Matrix matrix -> List.copyOf(matrix.axes().values());
          case Strategy.ForEach each -> List.of(each.items());
          case Strategy.Search _, Strategy.Once _, Strategy.Instance _ -> List.<Template>of();
        };
    for (var template : templates) {
      if (!(template instanceof Template.Whole(var place, var expression))) continue;
      expression
          .wholeReference()
          .flatMap(components::output)
          .filter(output -> !ValueChecks.flows(output.type(), ValueType.LIST))
          .ifPresent(output ->
              problem.accept(
                  place,
                  "got %s of output \"%s\", expected a list%s"
                      .formatted(
                          output.type(),
                          output.name(),
                          output.type().isArtifact()
                              ? "; go over a list of values, and pick the artifact of each as steps.STEP.outputs.OUTPUT[each.index]"
                              : "")));
    }
  }

  /** The values that an expression which is all of an input takes, where they are in the file. */
  static Collection<JsonNode> values(StepDefinition step, Expression expression) {
    var local = expression.wholeLocal();
    if (local.isEmpty()) return List.of();
    var values = new ArrayList<JsonNode>();
    switch (step.strategy()) {
      case Strategy.Matrix matrix -> {
        var axis = matrix.axes().get(local.get().name());
        if (axis != null && axis.isLiteral()) axis.evaluate(Scope.NONE).forEach(values::add);
      }
      case Strategy.ForEach each -> {
        if (local.get().name().equals(Strategy.ForEach.ITEM) && each.items().isLiteral())
          each.items().evaluate(Scope.NONE).forEach(values::add);
      }
      case Strategy.Search search -> {
        switch (search.space().dimensions().get(local.get().name())) {
          case SearchSpace.Whole(long low, long _) -> values.add(Json.tree(low));
          case SearchSpace.Real(double low, double _, boolean _) -> values.add(Json.tree(low));
          case SearchSpace.Choice(var choices) -> values.addAll(choices);
          case null -> {
            // Told already.
          }
        }
      }
      case Strategy.Once _, Strategy.Instance _ -> {
        // Neither has values of its own in the file.
      }
    }
    return values;
  }
}
