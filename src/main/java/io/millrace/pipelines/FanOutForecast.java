package io.millrace.pipelines;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a run would do with the instances of a step, put together as one outcome. */
final class FanOutForecast {
  /** The worst first: what one instance must do, the step does. */
  private static final List<Verdict> ORDER =
      List.of(
          Verdict.MUST_RUN,
          Verdict.UNKNOWN,
          Verdict.CONDITIONAL,
          Verdict.RESTORED,
          Verdict.UNAFFECTED,
          Verdict.SKIPPED);

  private final Forecast forecast;

  FanOutForecast(Forecast forecast) {
    this.forecast = forecast;
  }

  /** Of a step whose instances are known by now. */
  Forecast.Outcome outcome(
      StepDefinition step, Strategy.Each strategy, Scope scope, Gatherer gatherer) {
    var given = strategy.instances(scope);
    var counts = new EnumMap<Verdict, Integer>(Verdict.class);
    var each = new ArrayList<Forecast.Outcome>();
    for (int i = 0; i < given.size(); i++) {
      var one = forecast.outcome(step.instance(i, given.get(i), given.size()));
      counts.merge(one.plan().verdict(), 1, Integer::sum);
      each.add(one);
    }
    var verdict = ORDER.stream().filter(counts::containsKey).findFirst().orElse(Verdict.UNAFFECTED);
    var because = because(verdict, counts, each);
    var plan = forecast.plan(step, verdict, because, List.of());
    boolean maySkip = each.stream().anyMatch(Forecast.Outcome::maySkip);
    var pins = each.isEmpty() ? null : each.getFirst().pins();
    if (verdict.mayRun() || verdict == Verdict.SKIPPED)
      return new Forecast.Outcome(plan, null, pins, maySkip);
    var gave = new ArrayList<Outputs>();
    for (var one : each) gave.add(one.outputs() == null ? Outputs.NONE : one.outputs());
    return new Forecast.Outcome(plan, gatherer.gather(gave), pins, false);
  }

  /**
   * Of a search, as far as its trials are in the cache: what a trial that must run comes to decides
   * on later ones.
   */
  Forecast.Outcome outcome(StepDefinition step, Trials trials) {
    var each = new ArrayList<Outputs>();
    var verdict = Verdict.UNAFFECTED;
    for (int i = 0; i < trials.count(); i++) {
      var instance = step.instance(i, trials.suggest(i), trials.count());
      var one = forecast.outcome(instance);
      var gave = one.outputs();
      var found = one.plan().verdict();
      if (found == Verdict.SKIPPED || gave == null) {
        var because = new ArrayList<>(one.plan().because());
        because.add(
            "trial %d of %d is the first that is not in the cache"
                .formatted(i + 1, trials.count()));
        return new Forecast.Outcome(
            forecast.plan(step, found, because, List.of()), null, one.pins(), one.maySkip());
      }
      trials.gave(i, instance.id(), gave, forecast.summary(instance));
      if (found == Verdict.RESTORED) verdict = found;
      each.add(gave);
    }
    var plan = forecast.plan(step, verdict, List.of(), List.of());
    return new Forecast.Outcome(plan, trials.outputs(each), null, false);
  }

  /** Puts together what instances would give. */
  interface Gatherer {
    Outputs gather(List<Outputs> each);
  }

  private static List<String> because(
      Verdict verdict, Map<Verdict, Integer> counts, List<Forecast.Outcome> each) {
    if (verdict == Verdict.UNAFFECTED) return List.of();
    var first =
        each.stream().map(Forecast.Outcome::plan).filter(p -> p.verdict() == verdict).findFirst();
    var told =
        counts.entrySet().stream()
            .map(e -> "%,d %s".formatted(e.getValue(), e.getKey().text().replace('_', ' ')))
            .collect(Collectors.joining(", "));
    return Stream.concat(
            first.stream().flatMap(p -> p.because().stream()),
            Stream.of("of %,d instances: %s".formatted(each.size(), told)))
        .toList();
  }
}
