package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run of a pipeline would do now, without doing it. Steps are taken in the order of their
 * needs; a step whose inputs are all known has its key computed as a run would, and if its result
 * is in the cache, what it gives is known too, so that the next can be told. Where something must
 * run, what it gives is unknown, and steps that read it are conditional: equal outputs would cut
 * the work short.
 */
final class Forecast {
  /**
   * @param outputs null while unknown
   * @param pins null while unknown
   * @param maySkip whether an undecided condition stands above it
   */
  record Outcome(
      StepPlan plan,
      @Nullable Outputs outputs,
      @Nullable Map<String, ArtifactRef> pins,
      boolean maySkip) {}

  /** Something that is not known yet, and why; final where no run would tell either. */
  private record Gap(List<String> because, boolean isFinal) {}

  /** What is known of a step's key. */
  private record Keyed(
      Given given, Map<String, ArtifactRef> pins, @Nullable StepKey key, @Nullable Gap gap) {}

  private final Engine engine;
  private final StepHistoryStore history;
  private final Snapshot snapshot;
  private final PipelineDefinition pipeline;
  private final Map<String, JsonNode> params;
  private final Map<String, String> texts;
  private final Catalog.Bound used;
  private final Map<String, ChangingData.Content> changing;
  private final CacheExplainer explainer;
  private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
  private final Map<String, Map<String, JsonNode>> summaries = new HashMap<>();
  private final Map<Digest, String> running = new HashMap<>();

  Forecast(
      Engine engine,
      StepHistoryStore history,
      Snapshot snapshot,
      PipelineDefinition pipeline,
      Map<String, String> texts,
      Map<String, ChangingData.Content> changing) {
    this.engine = engine;
    this.history = history;
    this.snapshot = snapshot;
    this.pipeline = pipeline;
    this.texts = texts;
    this.used = engine.catalog.bound(pipeline, texts);
    this.changing = changing;
    this.explainer = new CacheExplainer(engine.metadata, history, snapshot);
    this.params = params();
  }

  /** The defaults; a parameter without one has the value that the last run was given. */
  private Map<String, JsonNode> params() {
    var values = new LinkedHashMap<String, JsonNode>();
    var last = engine.runs.list(snapshot, pipeline.name(), 1);
    for (var param : pipeline.params().values()) {
      var given = last.isEmpty() ? null : last.getFirst().params().get(param.name());
      if (param.otherwise() != null) values.put(param.name(), param.otherwise());
      else if (given != null && ValueChecks.fits(param.type().value(), given))
        values.put(param.name(), given);
    }
    return values;
  }

  /** In the order of the file. */
  List<StepPlan> steps() {
    return pipeline.steps().values().stream().map(step -> outcome(step).plan()).toList();
  }

  Outcome outcome(StepDefinition step) {
    var known = outcomes.get(step.id());
    if (known != null) return known;
    var outcome = forecast(step);
    outcomes.put(step.id(), outcome);
    return outcome;
  }

  private Outcome outcome(String id) {
    var step = pipeline.steps().get(id);
    if (step == null) throw new IllegalStateException("unchecked: no step " + id);
    return outcome(step);
  }

  private Outcome forecast(StepDefinition step) {
    if (step.turn() == Turn.ON_FAILURE)
      return open(step, Verdict.CONDITIONAL, List.of("it runs where a step fails"), true);
    if (step.turn() == Turn.FINALLY)
      return open(step, Verdict.MUST_RUN, List.of("it runs at the end of each run"), true);
    boolean maySkip = false;
    for (var need : step.needs().keySet()) {
      var needed = outcome(need);
      if (needed.plan().verdict() == Verdict.SKIPPED)
        return open(
            step, Verdict.SKIPPED, with(needed.plan().because(), need + " is skipped"), false);
      maySkip |= needed.maySkip();
    }
    var condition = step.condition();
    boolean isOwn = !(step.strategy() instanceof Strategy.Many) || !step.isJudgedByInstance();
    @Nullable Gap unsure = condition == null ? null : gap(condition.expressions());
    try {
      if (condition != null && isOwn && unsure == null) {
        if (!condition.evaluate(scope().of(step)).asBoolean())
          return open(step, Verdict.SKIPPED, List.of("its condition is false"), false);
      }
      if (step.strategy() instanceof Strategy.Many many)
        return instances(step, many, unsure, maySkip || unsure != null);
      return unlessSkipped(step, unsure, maySkip || unsure != null);
    } catch (Failure e) {
      return open(step, Verdict.UNKNOWN, List.of(String.valueOf(e.getMessage())), maySkip);
    }
  }

  private Outcome instances(
      StepDefinition step, Strategy.Many strategy, @Nullable Gap unsure, boolean maySkip) {
    var gap = gap(strategy.expressions());
    if (gap != null) return open(step, gap, maySkip);
    if (unsure != null && !step.isJudgedByInstance()) return open(step, unsure, maySkip);
    var declared = component(step).outputs();
    var instances = new FanOutForecast(this);
    return switch (strategy) {
      case Strategy.Each each ->
          instances.outcome(
              step, each, scope(), all -> Gathered.of(engine.artifacts, declared, all, false));
      case Strategy.Search search ->
          instances.outcome(step, new Trials(engine.artifacts, search, used.algorithm(search)));
    };
  }

  /** What people were told of the step's result, where that is in the cache. */
  JsonNode summary(StepDefinition step) {
    return Json.tree(summaries.getOrDefault(step.id(), Map.of()));
  }

  private Outcome unlessSkipped(StepDefinition step, @Nullable Gap unsure, boolean maySkip) {
    var gap = gap(step.with().values().stream().flatMap(Template::expressions));
    if (gap != null) return open(step, gap, maySkip);
    var keyed = keyed(step);
    if (keyed.gap() != null) return open(step, keyed.gap(), maySkip);
    var key = keyed.key();
    if (key == null) throw new IllegalStateException("neither a key nor a gap: " + step.id());
    var kept = engine.cache.find(snapshot, key.digest());
    var found = kept.filter(engine.cache::isWhole);
    var past = history.latest(snapshot, pipeline.name(), step.id());
    var changes = past.map(p -> changes(p.parts(), key, keyed.given())).orElse(List.of());
    var told = new Told(step, keyed, changes, maySkip);
    if (!step.cached())
      return told(
          told, Verdict.MUST_RUN, List.of("it is never taken from the cache (cache: false)"));
    if (found.isEmpty()) return miss(told, key, past, kept.isPresent(), unsure);
    var effects = PreparedEffects.standing(engine, snapshot, found.get().effects());
    if (effects == null)
      return told(
          told, Verdict.MUST_RUN, List.of("an effect of it is gone and is made true again"));
    if (maySkip)
      return told(
          told,
          Verdict.CONDITIONAL,
          unsure == null
              ? List.of("a step above it has a condition that is not decided yet")
              : with(unsure.because(), "its condition waits for that"));
    boolean same = past.isPresent() && past.get().key().equals(key.digest());
    var verdict = same ? Verdict.UNAFFECTED : Verdict.RESTORED;
    summaries.put(step.id(), found.get().summary());
    var plan = plan(step, verdict, same ? List.of() : restored(key, changes), changes);
    return new Outcome(plan, outputs(found.get(), effects), keyed.pins(), false);
  }

  private record Told(StepDefinition step, Keyed keyed, List<KeyChange> changes, boolean maySkip) {}

  private Outcome told(Told told, Verdict verdict, List<String> because) {
    var actual = told.maySkip() ? Verdict.CONDITIONAL : verdict;
    return new Outcome(
        plan(told.step(), actual, because, told.changes()),
        null,
        told.keyed().pins(),
        told.maySkip());
  }

  /**
   * @param isKept whether the cache has it, though what it made is not whole any more
   */
  private Outcome miss(
      Told told,
      StepKey key,
      Optional<StepHistoryStore.Past> past,
      boolean isKept,
      @Nullable Gap unsure) {
    var because = new ArrayList<String>();
    told.changes().forEach(change -> because.add(change.text()));
    if (isKept) because.add("what it made is not whole in the store any more");
    else if (past.isEmpty()) because.add("no run of this pipeline came to it yet");
    else if (because.isEmpty())
      because.add(
          past.get().state().isDone()
              ? "run %s did not keep its result in the cache".formatted(past.get().run())
              : "run %s left no result of it: it was %s"
                  .formatted(past.get().run(), past.get().state().text()));
    if (unsure != null) because.addAll(with(unsure.because(), "its condition waits for that"));
    var twin = running.putIfAbsent(key.digest(), told.step().id());
    if (twin == null) return told(told, Verdict.MUST_RUN, because);
    because.add("it is the same as %s: one of them runs".formatted(twin));
    return told(told, Verdict.CONDITIONAL, because);
  }

  private List<String> restored(StepKey key, List<KeyChange> changes) {
    var because = new ArrayList<String>();
    changes.forEach(change -> because.add(change.text()));
    history
        .maker(snapshot, key.digest())
        .ifPresent(m -> because.add("step %s of run %s made it".formatted(m.step(), m.run())));
    return because;
  }

  private List<KeyChange> changes(JsonNode before, StepKey key, Given given) {
    return explainer.named(KeyChange.between(before, key.parts()), null, null).stream()
        .map(change -> {
          var source = given.sources().get(change.name());
          return change.part().equals("artifact") && source != null
              ? change.knownAs("made by %s.%s".formatted(source.step(), source.output()))
              : change;
        })
        .toList();
  }

  private static Outputs outputs(Result result, Map<String, JsonNode> effects) {
    var values = new HashMap<>(result.values());
    values.putAll(effects);
    return new Outputs(result.artifacts(), values);
  }

  /** The key as a run would compute it, on the data that would be there. */
  private Keyed keyed(StepDefinition step) {
    var component = component(step);
    var given =
        Given.of(step, component, scope().of(step), texts)
            .settled(snapshot, step, component, Map.of());
    component.check(given.values());
    Map<String, ArtifactRef> pins;
    try {
      pins = new TreeMap<>(component.pins(snapshot, given.values(), given.artifacts(), Map.of()));
    } catch (NotFound e) {
      for (var data : changing.entrySet()) {
        if (data.getValue().now() != null || !mentions(given.values().values(), data.getKey()))
          continue;
        return new Keyed(
            given, Map.of(), null, new Gap(List.of("dataset " + data.getKey() + " is new"), false));
      }
      throw e;
    }
    for (var pin : pins.entrySet()) {
      var data = changing.get(pin.getKey());
      if (data == null || !pin.getValue().digest().equals(data.now())) continue;
      var after = data.after();
      if (after == null)
        return new Keyed(
            given,
            pins,
            null,
            new Gap(List.of("dataset %s: its data changed".formatted(pin.getKey())), false));
      pin.setValue(new ArtifactRef(pin.getValue().type(), after));
    }
    var key = StepKey.of(component, engine.program, given, pins, null);
    return new Keyed(given, pins, key, null);
  }

  private static boolean mentions(Collection<JsonNode> values, String text) {
    return values.stream().anyMatch(value -> mentions(value, text));
  }

  private static boolean mentions(JsonNode value, String text) {
    if (value.isTextual()) return value.textValue().equals(text);
    for (var inner : value) if (mentions(inner, text)) return true;
    return false;
  }

  Component component(StepDefinition step) {
    return used.component(step);
  }

  /** The value of one input, or null while it is unknown or not given. */
  @Nullable JsonNode value(StepDefinition step, String input) {
    var template = step.with().get(input);
    // Of a step with instances, a value that is each one's own is not one.
    if (template == null
        || gap(template.expressions()) != null
        || template.expressions().anyMatch(e -> !e.locals().isEmpty())) return null;
    try {
      return template.evaluate(scope());
    } catch (Failure e) {
      return null;
    }
  }

  private Scope scope() {
    var known = new HashMap<String, Outputs>();
    outcomes.forEach((id, outcome) -> {
      if (!Instances.isName(id) && outcome.outputs() != null) known.put(id, outcome.outputs());
    });
    return new Scope(params, known);
  }

  /** The first thing that the expressions need and nobody knows yet. */
  private @Nullable Gap gap(Stream<Expression> expressions) {
    for (var expression : expressions.toList()) {
      for (var param : expression.params()) {
        if (!params.containsKey(param))
          return new Gap(
              List.of("parameter %s has no default: each run is given one".formatted(param)), true);
      }
      for (var reference : expression.references()) {
        var above = outcome(reference.step());
        if (above.outputs() != null) continue;
        var verdict = above.plan().verdict();
        var doing = verdict == Verdict.MUST_RUN ? " runs" : " may run";
        return new Gap(
            with(above.plan().because(), reference.step() + doing), verdict == Verdict.UNKNOWN);
      }
    }
    return null;
  }

  private Outcome open(StepDefinition step, Gap gap, boolean maySkip) {
    return open(
        step, gap.isFinal() ? Verdict.UNKNOWN : Verdict.CONDITIONAL, gap.because(), maySkip);
  }

  private Outcome open(
      StepDefinition step, Verdict verdict, List<String> because, boolean maySkip) {
    return new Outcome(plan(step, verdict, because, List.of()), null, null, maySkip);
  }

  StepPlan plan(
      StepDefinition step, Verdict verdict, List<String> because, List<KeyChange> changes) {
    var seconds = history.seconds(snapshot, pipeline.name(), step.id());
    return new StepPlan(
        step.id(),
        step.component(),
        verdict,
        because,
        changes,
        seconds.isPresent() ? seconds.getAsDouble() : null);
  }

  private static List<String> with(List<String> because, String last) {
    var all = new ArrayList<>(because);
    all.add(last);
    return all;
  }
}
