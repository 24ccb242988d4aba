package io.millrace.pipelines;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What steps can use: the program's own components, and the commands of {@code run:} steps. */
final class Catalog {
  private final Map<String, Component> own;
  private final Artifacts artifacts;
  private final Commands commands;

  Catalog(Map<String, Component> own, Artifacts artifacts, Commands commands) {
    this.own = own;
    this.artifacts = artifacts;
    this.commands = commands;
  }

  /** The program's own, by name. */
  List<Component> own() {
    return own.values().stream().sorted(Comparator.comparing(Component::name)).toList();
  }

  /** For the steps of a pipeline whose project has these files. */
  Bound bound(PipelineDefinition pipeline, Map<String, String> texts) {
    return new Bound(pipeline, texts);
  }

  /** Not thread-safe. */
  final class Bound {
    private final PipelineDefinition pipeline;
    private final Map<String, String> texts;
    private final Map<String, Component> found = new HashMap<>();

    private Bound(PipelineDefinition pipeline, Map<String, String> texts) {
      this.pipeline = pipeline;
      this.texts = texts;
    }

    /** What the step uses; InvalidInput with its place if there is no such thing. */
    Component component(StepDefinition step) {
      var known = found.get(step.id());
      if (known != null) return known;
      var component = step.process() == null ? named(step) : command(step, step.process());
      found.put(step.id(), component);
      return component;
    }

    private Component named(StepDefinition step) {
      var name = step.uses().text();
      var component = own.get(name);
      if (component == null)
        throw step.uses()
            .invalid(
                "there is no component \"%s\"%s"
                    .formatted(name, Names.suggestion(name, new TreeSet<>(own.keySet()))));
      return component;
    }

    private Component command(StepDefinition step, ProcessDefinition process) {
      var inputs = new ArrayList<Component.Input>();
      step.with()
          .forEach((name, template) ->
              inputs.add(Component.Input.required(name, type(template), "given under with")));
      return new ProcessComponent(
          "run", process, inputs, ProjectFileSet.of(process, texts), artifacts, commands);
    }

    /** That of the output which is the whole value, if that is an artifact. */
    private ValueType type(Template template) {
      return template instanceof Template.Whole(var _, var expression)
          ? expression
              .wholeReference()
              .flatMap(this::output)
              .map(Component.Output::type)
              .filter(ValueType::isArtifact)
              .orElse(ValueType.ANY)
          : ValueType.ANY;
    }

    private Optional<Component.Output> output(Expression.Reference reference) {
      var step = pipeline.steps().get(reference.step());
      if (step == null) return Optional.empty();
      return outputs(step).stream().filter(o -> o.name().equals(reference.output())).findFirst();
    }

    /** Without asking what its inputs are, which may be outputs of others. */
    private Collection<Component.Output> outputs(StepDefinition step) {
      if (step.process() != null) return step.process().outputs();
      var component = own.get(step.uses().text());
      return component == null ? List.of() : component.outputs();
    }
  }
}
