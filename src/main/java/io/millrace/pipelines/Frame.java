package io.millrace.pipelines;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One use of a pipeline by a step of another, or the outermost pipeline itself: what the names in
 * its file stand for in the run as a whole. A parameter stands for what the step gives, an output
 * of a step that uses a pipeline for what that pipeline says it is, and a step for itself, by its
 * name after that of the step which uses its pipeline.
 */
final class Frame {
  /** How much an expression may read through the parameters and outputs of others. */
  static final int MOST_READ = 10_000;

  private final PipelineDefinition pipeline;
  private final String prefix;
  private final @Nullable Frame outer;
  private final @Nullable StepDefinition use;
  private final Map<String, Frame> parts = new LinkedHashMap<>();
  private final Map<String, Template> known = new HashMap<>();
  private final Set<String> finding = new HashSet<>();

  /**
   * @param outer null for the outermost
   * @param use the step that uses the pipeline, as its file has it; null for the outermost
   */
  private Frame(PipelineDefinition pipeline, @Nullable Frame outer, @Nullable StepDefinition use) {
    this.pipeline = pipeline;
    this.outer = outer;
    this.use = use;
    this.prefix = outer == null || use == null ? "" : outer.prefix + use.id() + "/";
  }

  PipelineDefinition pipeline() {
    return pipeline;
  }

  static Frame outermost(PipelineDefinition pipeline) {
    return new Frame(pipeline, null, null);
  }

  /** That of a step of this pipeline which uses another. */
  Frame add(StepDefinition step, PipelineDefinition used) {
    var part = new Frame(used, this, step);
    parts.put(step.id(), part);
    return part;
  }

  /** Puts the steps of the run in their order, and the uses of other pipelines. */
  void collect(Map<String, StepDefinition> steps, Map<String, PipelineDefinition.Part> uses) {
    var before = before();
    var asked = asked();
    for (var step : pipeline.steps().values()) {
      var name = prefix + step.id();
      var part = parts.get(step.id());
      var made = told(() -> step(step, before, asked));
      if (part == null) {
        steps.put(name, made);
      } else {
        uses.put(name, new PipelineDefinition.Part(made, part.pipeline));
        part.collect(steps, uses);
      }
    }
  }

  private interface Made<T> {
    T get();
  }

  /** A message about this pipeline's file says who uses it. */
  private <T> T told(Made<T> made) {
    try {
      return made.get();
    } catch (InvalidInput e) {
      if (use == null || !String.valueOf(e.getMessage()).startsWith(pipeline.path() + ":")) throw e;
      throw used(e, use);
    }
  }

  static InvalidInput used(InvalidInput e, StepDefinition by) {
    return new InvalidInput(
        "%s (used at %s)".formatted(String.valueOf(e.getMessage()), by.uses().place()));
  }

  /** As the run has it. */
  private StepDefinition step(
      StepDefinition step, Map<String, YamlNode> before, @Nullable Template asked) {
    var with = new LinkedHashMap<String, Template>();
    step.with().forEach((name, value) -> with.put(name, seen(value)));
    var own = step.condition();
    var after = new LinkedHashMap<String, YamlNode>();
    if (!step.turn().isLate()) after.putAll(before);
    after.putAll(after(step));
    return new StepDefinition(
        prefix + step.id(),
        step.place(),
        step.uses(),
        step.process(),
        with,
        both(asked, own == null ? null : seen(own)),
        strategy(step.strategy()),
        after,
        step.handling());
  }

  /** What its needs are in the run; those of a step that uses a pipeline are all steps of that. */
  private Map<String, YamlNode> after(StepDefinition step) {
    var after = new LinkedHashMap<String, YamlNode>();
    step.after()
        .forEach((name, place) -> {
          var part = parts.get(name);
          if (part == null) after.put(prefix + name, place);
          else part.ordinary().forEach(one -> after.put(one, place));
        });
    return after;
  }

  /** What the steps that use this wait for, all the way out. */
  private Map<String, YamlNode> before() {
    var all = new LinkedHashMap<String, YamlNode>();
    if (outer == null || use == null) return all;
    all.putAll(outer.before());
    all.putAll(outer.after(use));
    return all;
  }

  /** The condition of the steps that use this, all the way out; null where there is none. */
  private @Nullable Template asked() {
    if (outer == null || use == null) return null;
    var own = use.condition();
    return both(outer.asked(), own == null ? null : outer.seen(own));
  }

  private static @Nullable Template both(@Nullable Template one, @Nullable Template other) {
    if (one == null || other == null) return one == null ? other : one;
    if (one instanceof Template.Literal literal)
      return literal.value().asBoolean() ? other : literal;
    if (other instanceof Template.Literal literal)
      return literal.value().asBoolean() ? one : literal;
    return new Template.Whole(other.place(), Expression.both(one, other, other.place()));
  }

  /** The names in the run of the steps that it consists of, but for late ones. */
  private List<String> ordinary() {
    var all = new ArrayList<String>();
    for (var step : pipeline.steps().values()) {
      var part = parts.get(step.id());
      if (part != null) all.addAll(part.ordinary());
      else if (!step.turn().isLate()) all.add(prefix + step.id());
    }
    return all;
  }

  private Strategy strategy(Strategy strategy) {
    return switch (strategy) {
      case Strategy.Matrix matrix -> {
        var axes = new LinkedHashMap<String, Template>();
        matrix.axes().forEach((name, values) -> axes.put(name, seen(values)));
        yield new Strategy.Matrix(
            matrix.place(), axes, matrix.include(), matrix.exclude(), matrix.pace());
      }
      case Strategy.ForEach each ->
          new Strategy.ForEach(each.place(), seen(each.items()), each.pace());
      case Strategy.Once _, Strategy.Instance _, Strategy.Search _ -> strategy;
    };
  }

  /** A value of this pipeline's file as the run has it. */
  Template seen(Template template) {
    return switch (template) {
      case Template.Literal literal -> literal;
      case Template.Whole(var place, var expression) -> {
        var stands = expression.isPlain() ? standing(expression) : null;
        yield stands == null ? new Template.Whole(place, seen(expression)) : at(stands, place);
      }
      case Template.Mixed(var place, var all) -> new Template.Mixed(place, seen(all));
      case Template.Items(var place, var all) -> new Template.Items(place, seen(all));
      case Template.Entries(var place, var values) -> {
        var all = new LinkedHashMap<String, Template>();
        values.forEach((key, value) -> all.put(key, seen(value)));
        yield new Template.Entries(place, all);
      }
    };
  }

  private List<Template> seen(List<Template> all) {
    return all.stream().map(this::seen).toList();
  }

  private static Template at(Template template, YamlNode place) {
    return switch (template) {
      case Template.Literal(var _, var value) -> new Template.Literal(place, value);
      case Template.Whole(var _, var expression) -> new Template.Whole(place, expression);
      case Template.Mixed(var _, var parts) -> new Template.Mixed(place, parts);
      case Template.Items(var _, var items) -> new Template.Items(place, items);
      case Template.Entries(var _, var values) -> new Template.Entries(place, values);
    };
  }

  /** What stands for the one name that an expression is, or null. */
  private @Nullable Template standing(Expression expression) {
    var place = expression.place();
    if (expression.wholeParam().isPresent())
      return outer == null ? null : given(expression.wholeParam().get(), true, place);
    if (expression.wholeInput().isPresent())
      return outer == null ? null : given(expression.wholeInput().get(), false, place);
    var reference = expression.wholeReference();
    return reference.isPresent() && parts.containsKey(reference.get().step())
        ? output(reference.get(), place)
        : null;
  }

  private Expression seen(Expression expression) {
    var place = expression.place();
    var steps = new TreeMap<String, String>();
    var outputs = new TreeMap<String, Map<String, Template>>();
    for (var reference : expression.references()) {
      if (parts.containsKey(reference.step()))
        outputs
            .computeIfAbsent(reference.step(), _ -> new TreeMap<>())
            .put(reference.output(), output(reference, place));
      else steps.put(reference.step(), prefix + reference.step());
    }
    @Nullable Map<String, Template> params = null;
    var inputs = new TreeMap<String, Template>();
    if (outer != null) {
      var all = new TreeMap<String, Template>();
      expression.params().forEach(name -> all.put(name, given(name, true, place)));
      expression.inputs().forEach(name -> inputs.put(name, given(name, false, place)));
      params = all;
    }
    return expression.seen(
        new View(steps, params, inputs, outputs), picked(expression.picked(), place));
  }

  private Expression.@Nullable Reference picked(
      Expression.@Nullable Reference picked, YamlNode place) {
    if (picked == null) return null;
    if (!parts.containsKey(picked.step()))
      return new Expression.Reference(prefix + picked.step(), picked.output(), picked.pick());
    if (output(picked, place) instanceof Template.Whole(var _, var expression)
        && expression.wholeReference().isPresent()
        && expression.wholeReference().get().pick() == null) {
      var real = expression.wholeReference().get();
      return new Expression.Reference(real.step(), real.output(), picked.pick());
    }
    throw place.invalid(
        "%s: the output %s of %s is not one of a step with instances; remove the [%s]"
            .formatted(picked.text(), picked.output(), picked.step(), picked.pick()));
  }

  /** What the step that uses this gives for a parameter or an input. */
  private Template given(String name, boolean isParam, YamlNode place) {
    var step = use;
    var from = outer;
    if (step == null || from == null) throw new IllegalStateException("nobody gives " + name);
    var names = isParam ? pipeline.params().keySet() : pipeline.ports().inputs().keySet();
    var what = isParam ? "parameter" : "input";
    if (!names.contains(name))
      throw place.invalid(
          "the pipeline has no %s \"%s\"%s".formatted(what, name, Names.suggestion(name, names)));
    return found(
        (isParam ? "params." : "inputs.") + name,
        place,
        () -> {
          var value = step.with().get(name);
          if (value != null) return from.seen(value);
          var param = pipeline.params().get(name);
          if (param == null || param.otherwise() == null)
            throw new IllegalStateException("unchecked: " + name);
          return new Template.Literal(place, param.otherwise());
        });
  }

  /** What an output of a step that uses a pipeline stands for. */
  private Template output(Expression.Reference reference, YamlNode place) {
    var part = parts.get(reference.step());
    if (part == null) throw new IllegalStateException("no use of a pipeline: " + reference);
    var outputs = part.pipeline.ports().outputs();
    var template = outputs.get(reference.output());
    if (template == null)
      throw place.invalid(
          "step %s (%s) has no output \"%s\"%s"
              .formatted(
                  reference.step(),
                  part.pipeline.path(),
                  reference.output(),
                  outputs.isEmpty()
                      ? "; declare it there, as  outputs: { %s: \"${{ steps.STEP.outputs.OUTPUT }}\" }"
                          .formatted(reference.output())
                      : Names.suggestion(reference.output(), outputs.keySet())));
    return found(
        "steps." + reference.step() + ".outputs." + reference.output(),
        place,
        () -> part.told(() -> part.seen(template)));
  }

  private Template found(String name, YamlNode place, Made<Template> made) {
    var before = known.get(name);
    if (before != null) return before;
    if (!finding.add(name))
      throw place.invalid(
          "%s is made from itself, through the pipelines that are used here; remove one of these references"
              .formatted(name));
    var template = made.get();
    finding.remove(name);
    known.put(name, template);
    return template;
  }
}
