package io.millrace.pipelines;

import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import java.util.List;

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
      var explainer = new CacheExplainer(engine.metadata, history, s);
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
      return new CacheExplainer(engine.metadata, history, s).explain(found, one);
    });
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
