package io.millrace.pipelines;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What steps can use: the program's own components, those of their project, and the commands of
 * {@code run:} steps.
 */
final class Catalog {
  private final Map<String, Component> own;
  private final Artifacts artifacts;
  private final Commands commands;
  private final Map<String, SearchAlgorithm> algorithms;

  Catalog(
      Map<String, Component> own,
      Artifacts artifacts,
      Commands commands,
      Map<String, SearchAlgorithm> algorithms) {
    this.algorithms = algorithms;
    this.own = own;
    this.artifacts = artifacts;
    this.commands = commands;
  }

  /** How much there is of what steps take. */
  Capacities capacities() {
    return commands.capacities();
  }

  /** The program's own, by name. */
  List<Component> own() {
    return own.values().stream().sorted(Comparator.comparing(Component::name)).toList();
  }

  /** Those of a project, by name. */
  List<ComponentSummary> ofProject(String project, Map<String, String> texts) {
    return ComponentParser.names(texts).stream()
        .map(name -> ComponentParser.parse(name, texts))
        .map(parsed -> ComponentSummary.of(process(parsed), parsed.signature().ranges(), project))
        .toList();
  }

  private Component process(ComponentParser.Parsed parsed) {
    return new ProcessComponent(
        parsed.signature(), parsed.process(), parsed.files(), artifacts, commands);
  }

  /** For the steps of a pipeline whose project has these files. */
  Bound bound(PipelineDefinition pipeline, Map<String, String> texts) {
    return new Bound(pipeline, texts);
  }

  private static final List<Component.Output> OF_SEARCH =
      List.of(
          new Component.Output(Strategy.Search.BEST, ValueType.MAP, "the values of the best trial"),
          new Component.Output(Strategy.Search.TRIALS, ValueType.INTEGER, "how many were tried"));

  /** What the steps of one pipeline use, found once each. Thread-safe. */
  final class Bound {
    private final PipelineDefinition pipeline;
    private final Map<String, String> texts;
    private final Map<String, Component> found = new ConcurrentHashMap<>();

    private Bound(PipelineDefinition pipeline, Map<String, String> texts) {
      this.pipeline = pipeline;
      this.texts = texts;
    }

    /** What the step uses; InvalidInput with its place if there is no such thing. */
    Component component(StepDefinition step) {
      var known = found.get(step.id());
      if (known != null) return known;
      var component =
          step.approval().isPresent()
              ? new ApprovalComponent(inputs(step))
              : step.process() == null ? named(step) : command(step, step.process());
      found.put(step.id(), component);
      return component;
    }

    private Component named(StepDefinition step) {
      var name = step.uses().text();
      if (name.startsWith("./") || name.startsWith(ComponentParser.FOLDER)) return ofProject(step);
      var component = own.get(name);
      if (component == null)
        throw step.uses()
            .invalid(
                "there is no component \"%s\"%s"
                    .formatted(name, Names.suggestion(name, new TreeSet<>(own.keySet()))));
      return component;
    }

    private Component ofProject(StepDefinition step) {
      var uses = step.uses();
      var names = ComponentParser.names(texts).stream().map(n -> ComponentParser.USES + n).toList();
      if (!names.contains(uses.text()))
        throw uses.invalid(
            "the project has no component \"%s\"%s"
                .formatted(
                    uses.text(),
                    names.isEmpty()
                        ? "; a component is a folder components/NAME with a component.yaml in it"
                        : Names.suggestion(uses.text(), names)));
      var parsed =
          ComponentParser.parse(uses.text().substring(ComponentParser.USES.length()), texts);
      return process(
          new ComponentParser.Parsed(
              parsed.signature().usedBy(step), parsed.process(), parsed.files()));
    }

    private List<Component.Input> inputs(StepDefinition step) {
      var inputs = new ArrayList<Component.Input>();
      step.with()
          .forEach((name, template) ->
              inputs.add(Component.Input.required(name, type(template), "given under with")));
      return inputs;
    }

    private Component command(StepDefinition step, ProcessDefinition process) {
      return process(
          new ComponentParser.Parsed(
              ProcessSignature.ofStep(inputs(step)), process, ProjectFileSet.of(process, texts)));
    }

    /** That of the output which is the whole value, if that is an artifact. */
    private ValueType type(Template template) {
      if (template instanceof Template.Whole(var _, var whole)) {
        var given = whole.wholeInput().map(name -> pipeline.ports().inputs().get(name));
        if (given.isPresent()) return given.get();
      }
      return template instanceof Template.Whole(var _, var expression)
          ? expression
              .wholeReference()
              .flatMap(this::output)
              .map(Component.Output::type)
              .filter(ValueType::isArtifact)
              .orElse(ValueType.ANY)
          : ValueType.ANY;
    }

    /** The output as the reference sees it. */
    Optional<Component.Output> output(Expression.Reference reference) {
      var step = pipeline.steps().get(reference.step());
      if (step == null) return Optional.empty();
      var declared = reference.pick() == null ? outputs(step) : ofOne(step);
      return declared.stream()
          .filter(o -> o.name().equals(reference.output()))
          .findFirst()
          // What a list of values holds is known only when it is there.
          .map(o ->
              reference.pick() == null || isPicked(step) || o.type().isArtifact()
                  ? o
                  : new Component.Output(o.name(), ValueType.ANY, o.meaning()));
    }

    /** Whether its outputs are those of instances, one of which can be picked. */
    static boolean isPicked(StepDefinition step) {
      return step.strategy() instanceof Strategy.Each;
    }

    /** What others see of the step; none of a step that uses nothing known. */
    List<Component.Output> outputs(StepDefinition step) {
      var one = ofOne(step);
      if (step.strategy() instanceof Strategy.Search)
        return Stream.concat(
                one.stream(),
                OF_SEARCH.stream()
                    .filter(o -> one.stream().noneMatch(own -> own.name().equals(o.name()))))
            .toList();
      return isPicked(step) ? one.stream().map(Gathered::output).toList() : one;
    }

    /** What the search asks; InvalidInput with its place if there is no such algorithm. */
    SearchAlgorithm algorithm(Strategy.Search search) {
      var name = search.algorithm().text();
      var algorithm = algorithms.get(name);
      if (algorithm == null)
        throw new InvalidInput(
            "there is no search algorithm \"%s\"; expected one of %s"
                .formatted(name, String.join(", ", new TreeSet<>(algorithms.keySet()))));
      return algorithm;
    }

    /** Without asking what its inputs are, which may be outputs of others. */
    private List<Component.Output> ofOne(StepDefinition step) {
      if (step.process() != null) return step.process().outputs();
      if (step.approval().isPresent()) return ApprovalComponent.OUTPUTS;
      try {
        return component(step).outputs();
      } catch (InvalidInput e) {
        return List.of(); // That step's own problem.
      }
    }
  }
}
