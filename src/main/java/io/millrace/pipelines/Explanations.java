package io.millrace.pipelines;

import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks back at runs: why steps ran or did not, and what differs between two. Thread-safe. */
public final class Explanations {
  private final Engine engine;
  private final StepHistoryStore history = new StepHistoryStore();

  public Explanations(Pipelines pipelines) {
    this.engine = pipelines.engine();
  }

  /** Of each step of the run, in its order. */
  public List<StepExplanation> explain(String run) {
    return engine.database.read(s -> {
      var explainer = explainer(s, run);
      var found = run(s, run);
      return found.steps().stream().map(step -> explainer.explain(found, step)).toList();
    });
  }

  /** Of one step of the run, or one instance of a step. */
  public StepExplanation explain(String run, String step) {
    return engine.database.read(s -> {
      var found = run(s, run);
      var one =
          engine
              .steps
              .find(s, run, step)
              .orElseThrow(() -> new NotFound("step of run " + run, step));
      return explainer(s, run).explain(found, one);
    });
  }

  private CacheExplainer explainer(Snapshot s, String run) {
    return new CacheExplainer(engine.metadata, history, s, uncached(s, run));
  }

  /** Why steps are never taken from the cache, as far as the run's files are here and say so. */
  private Function<String, @Nullable String> uncached(Snapshot s, String run) {
    var terms = engine.runs.row(s, run).map(RunStore.Row::terms);
    var path = terms.map(RunStore.Terms::path).orElse(null);
    var files = terms.map(RunStore.Terms::files).orElse(null);
    if (path == null || files == null) return _ -> null;
    var steps =
        engine
            .files
            .texts(s, files)
            .map(texts -> Composition.read(path, texts).steps())
            .orElseGet(LinkedHashMap::new);
    return name -> {
      var step = steps.get(Instances.step(name));
      if (step == null || step.cached()) return null;
      return step.turn().isLate()
          ? "it is %s: such steps are done each time".formatted(step.turn().key)
          : "it says  cache: false, so it is done each time";
    };
  }

  /** What of b is not as in a, of instances too. */
  public RunDifference diff(String a, String b) {
    return engine.database.read(s -> diff(s, a, b));
  }

  /** As the other, on a view that is held. */
  public RunDifference diff(Snapshot s, String a, String b) {
    var comparer = new RunComparer(engine.artifacts, whole(s, a), whole(s, b));
    var differences =
        comparer.compare(history.settings(s, a).definition(), history.settings(s, b).definition());
    return new RunDifference(a, b, differences);
  }

  private PipelineRun whole(Snapshot s, String id) {
    return run(s, id).with(engine.steps.all(s, id));
  }

  private PipelineRun run(Snapshot s, String id) {
    return engine.runs.find(s, id).orElseThrow(() -> new NotFound("pipeline run", id));
  }
}
