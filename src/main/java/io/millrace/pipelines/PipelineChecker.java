package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checks a pipeline against the components there are and the project's files, before anything runs.
 */
final class PipelineChecker {
  private static final int MOST_PROBLEMS = 20;

  private final Catalog.Bound components;
  private final PipelineDefinition pipeline;
  private final Map<String, String> texts;
  private final StrategyChecker strategies;
  private final boolean isDeep;
  private final List<String> problems = new ArrayList<>();

  private PipelineChecker(
      Catalog catalog, PipelineDefinition pipeline, Map<String, String> texts, boolean isDeep) {
    this.components = catalog.bound(pipeline, texts);
    this.pipeline = pipeline;
    this.texts = texts;
    this.isDeep = isDeep;
    this.strategies = new StrategyChecker(components, this::problem);
  }

  /** InvalidInput with everything that is wrong, one line each. */
  static void check(Catalog catalog, PipelineDefinition pipeline, Map<String, String> texts) {
    check(catalog, pipeline, texts, false);
  }

  /** As the other, and what components say about the files' content; may take a while. */
  static void checkAll(Catalog catalog, PipelineDefinition pipeline, Map<String, String> texts) {
    check(catalog, pipeline, texts, true);
  }

  private static void check(
      Catalog catalog, PipelineDefinition pipeline, Map<String, String> texts, boolean isDeep) {
    var checker = new PipelineChecker(catalog, pipeline, texts, isDeep);
    pipeline.parts().values().forEach(checker::part);
    // What is given wrongly would be told again wherever it is read.
    if (checker.problems.isEmpty()) pipeline.steps().values().forEach(checker::step);
    pipeline.ports().outputs().values().forEach(checker::output);
    checker.turns();
    if (pipeline.concurrency() != null)
      pipeline.concurrency().group().expressions().forEach(checker::expression);
    checker.cycle();
    if (checker.problems.isEmpty()) return;
    var shown = checker.problems.stream().limit(MOST_PROBLEMS).toList();
    int more = checker.problems.size() - shown.size();
    throw new InvalidInput(
        String.join("\n", shown) + (more == 0 ? "" : "\nand %d more".formatted(more)));
  }

  private void step(StepDefinition step) {
    step.after().forEach((id, place) -> knownStep(place, id));
    strategies.check(step);
    Component component;
    try {
      component = components.component(step);
    } catch (InvalidInput e) {
      placed(e, step.uses());
      step.expressions().forEach(this::expression);
      return;
    }
    step.expressions().forEach(this::expression);
    if (step.condition() instanceof Template.Whole(var place, var expression))
      value(place, "if", expression, ValueType.BOOLEAN);
    inputs(step, component);
  }

  /** A step that uses a pipeline: whether what it gives is what that takes. */
  private void part(PipelineDefinition.Part part) {
    var step = part.use();
    strategies.check(step);
    step.after().forEach((id, place) -> knownStep(place, id));
    step.expressions().forEach(this::expression);
    if (step.condition() instanceof Template.Whole(var place, var expression))
      value(place, "if", expression, ValueType.BOOLEAN);
    step.with()
        .forEach((name, template) -> {
          var param = part.pipeline().params().get(name);
          var type =
              param == null ? part.pipeline().ports().inputs().get(name) : param.type().value();
          if (type != null) input(step, Component.Input.required(name, type, ""), template);
        });
  }

  /** What the pipeline says it gives to others. */
  private void output(Template template) {
    template.expressions().forEach(this::expression);
    noArtifactInside(template);
  }

  private void inputs(StepDefinition step, Component component) {
    var known = new LinkedHashMap<String, Component.Input>();
    component.inputs().forEach(input -> known.put(input.name(), input));
    var literals = new LinkedHashMap<String, JsonNode>();
    int before = problems.size();
    var loose = Loose.of(step, component);
    step.with()
        .forEach((name, template) -> {
          var input = known.get(name);
          if (loose.containsKey(name)) {
            if (Loose.isGiven(step, name))
              problem(
                  template.place(),
                  "%s gives \"%s\" too; remove one of them".formatted(Loose.INPUT, name));
            return;
          }
          if (input == null) {
            problem(
                step.place().required("with").key(name),
                "%s has no input \"%s\"%s"
                    .formatted(component.name(), name, Names.suggestion(name, known.keySet())));
            return;
          }
          input(step, input, template);
          if (template.isLiteral()) literals.put(name, template.evaluate(Scope.NONE));
        });
    for (var input : known.values()) {
      if (!input.required() || step.with().containsKey(input.name())) continue;
      problem(
          step.place(),
          "step %s: %s needs the input \"%s\" (%s); add  with: { %s: ... }  with %s"
              .formatted(
                  step.id(),
                  component.name(),
                  input.name(),
                  input.meaning(),
                  input.name(),
                  ValueChecks.expected(input.type())));
    }
    if (problems.size() > before) return;
    if (!step.with().containsKey(Loose.INPUT) || literals.containsKey(Loose.INPUT))
      Loose.put(literals, examples(step, loose));
    try {
      component.check(literals);
      if (isDeep) component.checkFiles(literals, texts);
    } catch (Failure e) {
      problem(step.place(), "step %s: %s".formatted(step.id(), e.getMessage()));
    }
  }

  /** A value of each, so that the component can refuse names that it does not know. */
  private static Map<String, JsonNode> examples(StepDefinition step, Map<String, Template> loose) {
    var examples = new LinkedHashMap<String, JsonNode>();
    loose.forEach((name, template) ->
        template
            .expressions()
            .flatMap(expression -> StrategyChecker.values(step, expression).stream())
            .findFirst()
            .ifPresent(value -> examples.put(name, value)));
    return examples;
  }

  private void input(StepDefinition step, Component.Input input, Template template) {
    if (input.type().isArtifact()) {
      artifact(input, template);
      return;
    }
    noArtifactInside(template);
    if (template instanceof Template.Whole(var place, var expression)) {
      value(place, "input \"%s\"".formatted(input.name()), expression, input.type());
      for (var one : StrategyChecker.values(step, expression))
        if (!ValueChecks.fits(input.type(), one)) wrong(input, place, one.toString());
      return;
    }
    if (!template.isLiteral()) {
      if (!shape(template, input.type())) wrong(input, template.place(), "a value of another type");
      return;
    }
    var literal = template.evaluate(Scope.NONE);
    if (!ValueChecks.fits(input.type(), literal))
      wrong(input, template.place(), literal.toString());
    else if (input.type() == ValueType.FILE && !texts.containsKey(literal.textValue())) {
      problem(
          template.place(),
          "input \"%s\": the project has no file \"%s\"%s"
              .formatted(
                  input.name(),
                  literal.textValue(),
                  Names.suggestion(literal.textValue(), new TreeSet<>(texts.keySet()))));
    }
  }

  private static boolean shape(Template template, ValueType type) {
    return switch (template) {
      case Template.Items _ -> type == ValueType.LIST || type == ValueType.ANY;
      case Template.Entries _ -> type == ValueType.MAP || type == ValueType.ANY;
      case Template.Mixed _ ->
          type == ValueType.TEXT
              || type == ValueType.DATE
              || type == ValueType.FILE
              || type == ValueType.ANY;
      case Template.Literal _, Template.Whole _ -> true;
    };
  }

  private void artifact(Component.Input input, Template template) {
    var reference =
        template instanceof Template.Whole(var _, var expression)
            ? expression.wholeReference()
            : Optional.<Expression.Reference>empty();
    var given =
        template instanceof Template.Whole(var _, var expression)
            ? expression.wholeInput().map(name -> pipeline.ports().inputs().get(name))
            : Optional.<ValueType>empty();
    if (given.isPresent()) {
      if (given.get() != input.type())
        wrong(input, template.place(), "%s of an input of the pipeline".formatted(given.get()));
      return;
    }
    if (reference.isEmpty()) {
      problem(
          template.place(),
          "input \"%s\": expected %s".formatted(input.name(), ValueChecks.expected(input.type())));
      return;
    }
    if (reference.get().pick() != null && !isPicked(reference.get().step())) {
      problem(
          template.place(),
          "%s: step %s has no instances to pick one of; remove the [%s]"
              .formatted(reference.get().text(), reference.get().step(), reference.get().pick()));
      return;
    }
    output(reference.get())
        .ifPresent(output -> {
          if (output.type() != input.type())
            wrong(
                input,
                template.place(),
                "%s of %s".formatted(output.type(), text(reference.get())));
        });
  }

  /** An artifact may be a whole input, never a part of a value or of an expression. */
  private void noArtifactInside(Template template) {
    if (template instanceof Template.Whole(var _, var expression)
        && (expression.wholeReference().isPresent() || expression.wholeInput().isPresent())) return;
    template.expressions().forEach(this::noArtifactInside);
  }

  private void noArtifactInside(Expression expression) {
    for (var name : expression.inputs()) {
      var type = pipeline.ports().inputs().get(name);
      if (type != null)
        problem(
            expression.place(),
            "inputs.%s is a %s; it can only be a whole input that takes one".formatted(name, type));
    }
    for (var reference : expression.references()) {
      output(reference)
          .filter(o -> o.type().isArtifact())
          .ifPresent(o ->
              problem(
                  expression.place(),
                  "%s is a %s; it can only be a whole input that takes one"
                      .formatted(text(reference), o.type())));
    }
  }

  /** A whole expression where a value of that type is wanted. */
  private void value(YamlNode place, String what, Expression expression, ValueType wanted) {
    if (!expression.locals().isEmpty()) return;
    if (expression.isConstant()) {
      constant(place, what, expression, wanted);
      return;
    }
    expression
        .wholeReference()
        .flatMap(this::output)
        .ifPresent(output -> {
          if (!ValueChecks.flows(output.type(), wanted)) {
            problem(
                place,
                "%s: got %s of steps.%s.outputs.%s, expected %s"
                    .formatted(
                        what,
                        output.type(),
                        expression.wholeReference().get().step(),
                        output.name(),
                        ValueChecks.expected(wanted)));
          }
        });
    expression
        .wholeParam()
        .map(name -> pipeline.params().get(name))
        .ifPresent(param -> {
          if (!ValueChecks.flows(param.type().value(), wanted)) {
            problem(
                place,
                "%s: got parameter %s of type %s, expected %s"
                    .formatted(
                        what, param.name(), param.type().text(), ValueChecks.expected(wanted)));
          }
        });
    if (expression.wholeReference().isEmpty()) noArtifactInside(expression);
  }

  /** An expression whose value is known now. */
  private void constant(YamlNode place, String what, Expression expression, ValueType wanted) {
    try {
      var value = expression.evaluate(Scope.NONE);
      if (!ValueChecks.fits(wanted, value))
        problem(
            place, "%s: got %s, expected %s".formatted(what, value, ValueChecks.expected(wanted)));
    } catch (InvalidInput e) {
      placed(e, place);
    }
  }

  /** Whether everything it refers to exists. */
  private void expression(Expression expression) {
    for (var name : expression.params()) {
      if (!pipeline.params().containsKey(name)) {
        problem(
            expression.place(),
            "the pipeline has no parameter \"%s\"%s"
                .formatted(name, Names.suggestion(name, pipeline.params().keySet())));
      }
    }
    for (var name : expression.inputs()) {
      if (!pipeline.ports().inputs().containsKey(name)) {
        problem(
            expression.place(),
            "the pipeline has no input \"%s\"%s"
                .formatted(name, Names.suggestion(name, pipeline.ports().inputs().keySet())));
      }
    }
    for (var reference : expression.references()) {
      if (!knownStep(expression.place(), reference.step()) || output(reference).isPresent())
        continue;
      var component = component(reference.step());
      if (component.isEmpty()) continue;
      problem(
          expression.place(),
          "step %s (%s) has no output \"%s\"%s"
              .formatted(
                  reference.step(),
                  component.get().name(),
                  reference.output(),
                  Names.suggestion(reference.output(), names(component.get().outputs()))));
    }
  }

  private static Collection<String> names(List<Component.Output> outputs) {
    return outputs.stream().map(Component.Output::name).toList();
  }

  private boolean knownStep(YamlNode place, String id) {
    if (pipeline.steps().containsKey(id)) return true;
    problem(
        place,
        "the pipeline has no step \"%s\"%s"
            .formatted(id, Names.suggestion(id, pipeline.steps().keySet())));
    return false;
  }

  private Optional<Component> component(String step) {
    var found = pipeline.steps().get(step);
    if (found == null) return Optional.empty();
    try {
      return Optional.of(components.component(found));
    } catch (InvalidInput e) {
      return Optional.empty(); // That step's own problem.
    }
  }

  private Optional<Component.Output> output(Expression.Reference reference) {
    return components.output(reference);
  }

  private boolean isPicked(String step) {
    var found = pipeline.steps().get(step);
    return found != null && Catalog.Bound.isPicked(found);
  }

  /** Whether no step waits for one whose turn comes later. */
  private void turns() {
    for (var step : pipeline.steps().values()) {
      step.needs()
          .forEach((id, place) -> {
            var need = pipeline.steps().get(id);
            if (need != null && step.turn().isBefore(need.turn()))
              problem(
                  place,
                  "step %s cannot need %s, which is %s and runs later; make %s %s too, or remove this"
                      .formatted(step.id(), id, need.turn().key, step.id(), need.turn().key));
          });
      if (!step.turn().isLate())
        step.expressions()
            .filter(Expression::readsRun)
            .forEach(expression ->
                problem(
                    expression.place(),
                    "run.state and run.error are known only to steps that are on-failure or finally; step %s is neither"
                        .formatted(step.id())));
    }
    if (pipeline.steps().values().stream().allMatch(step -> step.turn().isLate())) {
      var first = pipeline.steps().values().iterator().next();
      problem(
          first.place(),
          "all steps are on-failure or finally; a pipeline has at least one ordinary step");
    }
  }

  /** Reports one circle of steps, if there is any, at the place that closes it. */
  private void cycle() {
    var done = new HashSet<String>();
    for (var id : pipeline.steps().keySet()) if (cycle(id, new ArrayList<>(), done)) return;
  }

  private boolean cycle(String id, List<String> path, Set<String> done) {
    if (done.contains(id) || !pipeline.steps().containsKey(id)) return false;
    path.add(id);
    for (var need : pipeline.steps().get(id).needs().entrySet()) {
      int begin = path.indexOf(need.getKey());
      if (begin >= 0) {
        var circle = new ArrayList<>(path.subList(begin, path.size()));
        circle.add(need.getKey());
        problem(
            need.getValue(),
            "the steps need each other in a circle: %s; remove one of these references"
                .formatted(String.join(" needs ", circle)));
        return true;
      }
      if (cycle(need.getKey(), path, done)) return true;
    }
    path.removeLast();
    done.add(id);
    return false;
  }

  private void wrong(Component.Input input, YamlNode place, String got) {
    problem(
        place,
        "input \"%s\": got %s, expected %s"
            .formatted(input.name(), got, ValueChecks.expected(input.type())));
  }

  private static String text(Expression.Reference reference) {
    return reference.text();
  }

  private void problem(YamlNode place, String message) {
    add("%s: %s".formatted(place.place(), message), place);
  }

  /** What begins with its place. */
  private void placed(InvalidInput e, YamlNode place) {
    add(String.valueOf(e.getMessage()), place);
  }

  private void add(String message, YamlNode place) {
    var line = message + pipeline.usedAt(place.file());
    if (!problems.contains(line)) problems.add(line);
  }
}
