package io.millrace.pipelines;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** From the steps that a change touches down to all that read what they give. */
final class ImpactWalk {
  /**
   * That a change reaches a step.
   *
   * @param cut whether what the step gives cannot become another by it
   */
  record Mark(Verdict verdict, List<String> because, boolean cut) {}

  private final PipelineDefinition pipeline;
  private final Forecast forecast;
  private final ImpactTouch touch;
  private final Map<String, Optional<Mark>> marks = new HashMap<>();

  ImpactWalk(PipelineDefinition pipeline, Forecast forecast, ImpactTouch touch) {
    this.pipeline = pipeline;
    this.forecast = forecast;
    this.touch = touch;
  }

  /** The steps that are reached, in the order of the file. */
  List<StepPlan> steps() {
    return pipeline.steps().values().stream().flatMap(step -> plan(step).stream()).toList();
  }

  private Optional<StepPlan> plan(StepDefinition step) {
    return mark(step).map(mark -> forecast.plan(step, mark.verdict(), mark.because(), List.of()));
  }

  private Optional<Mark> mark(StepDefinition step) {
    var known = marks.get(step.id());
    if (known != null) return known;
    var direct = touch.of(pipeline, step).map(mark -> skipped(step, mark));
    var above = direct.isPresent() && !direct.get().cut() ? Optional.<Mark>empty() : above(step);
    var mark =
        direct.isPresent() && above.isPresent()
            ? Optional.of(new Mark(direct.get().verdict(), above.get().because(), false))
            : direct.or(() -> above);
    marks.put(step.id(), mark);
    return mark;
  }

  private Mark skipped(StepDefinition step, Mark mark) {
    if (forecast.outcome(step).plan().verdict() != Verdict.SKIPPED) return mark;
    return new Mark(
        Verdict.CONDITIONAL, with(mark.because(), "as things stand it is skipped"), mark.cut());
  }

  private Optional<Mark> above(StepDefinition step) {
    return step.expressions()
        .flatMap(expression -> expression.references().stream())
        .flatMap(reference -> from(reference.step()))
        .findFirst();
  }

  private Stream<Mark> from(String id) {
    var step = pipeline.steps().get(id);
    if (step == null) return Stream.of();
    return mark(step)
        .filter(mark -> !mark.cut())
        .map(mark ->
            new Mark(
                Verdict.CONDITIONAL,
                with(
                    mark.because(),
                    id + (mark.verdict() == Verdict.MUST_RUN ? " runs" : " may run")),
                false))
        .stream();
  }

  private static List<String> with(List<String> because, String last) {
    var all = new ArrayList<>(because);
    all.add(last);
    return all;
  }
}
