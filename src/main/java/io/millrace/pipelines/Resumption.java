package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.definitions.ProjectTexts;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a run that ended or is paused go on: which of its steps are done again, and by which
 * definition. Thread-safe.
 */
final class Resumption {
  private static final Duration LEAVING = Duration.ofSeconds(30);

  private final Engine engine;
  private final LiveRuns live;
  private final PipelineStore pipelines = new PipelineStore();
  private final ProjectTexts projects = new ProjectTexts();

  Resumption(Engine engine, LiveRuns live) {
    this.engine = engine;
    this.live = live;
  }

  /** No new step starts from now on; those at work end. */
  void pause(String id) {
    var running = live.find(id);
    running.ifPresent(LiveRun::pause);
    boolean paused =
        engine.database.write(tx -> {
          var row = engine.runs.row(tx, id);
          if (row.isEmpty()
              || row.get().cancelling()
              || !engine.runs.move(tx, id, RunState.RUNNING, RunState.PAUSED)) return false;
          live.event(tx, id, "paused");
          return true;
        });
    if (paused) return;
    running.ifPresent(run -> run.openIfRunning());
    throw new Conflict("run %s cannot be paused: %s".formatted(id, why(row(id))));
  }

  private RunStore.Row row(String id) {
    return engine
        .database
        .read(s -> engine.runs.row(s, id))
        .orElseThrow(() -> new NotFound("pipeline run", id));
  }

  private static String why(RunStore.Row row) {
    if (row.cancelling() && !row.state().isFinal()) return "it is being cancelled";
    return switch (row.state()) {
      case QUEUED -> "it waits for others of its concurrency group";
      case RUNNING -> "it is running";
      case PAUSED -> "it is paused already";
      case SUCCEEDED, FAILED, CANCELLED, INTERRUPTED ->
          "it has already ended: " + row.state().text();
    };
  }

  /**
   * @param from a step that is done again with all that depends on it, though they succeeded; or
   *     null
   * @param edited whether the pipeline's newest definition is taken
   */
  void resume(String id, @Nullable String from, boolean edited) {
    var row = row(id);
    if (row.cancelling() && !row.state().isFinal()
        || row.state() == RunState.RUNNING
        || row.state() == RunState.QUEUED)
      throw new Conflict("run %s cannot be resumed: %s".formatted(id, why(row)));
    boolean asItIs = from == null && !edited;
    if (asItIs && row.state() == RunState.SUCCEEDED)
      throw new Conflict(
          "run %s has succeeded, there is nothing to resume; name a step to do it again from there"
              .formatted(id));
    if (asItIs && row.state() == RunState.PAUSED) {
      goOn(id);
      return;
    }
    if (row.state() == RunState.PAUSED) letGo(id);
    live.await(id, LEAVING);
    rewrite(row, from, edited);
    live.takeUp(id);
  }

  private void goOn(String id) {
    boolean moved =
        engine.database.write(tx -> {
          if (!engine.runs.move(tx, id, RunState.PAUSED, RunState.RUNNING)) return false;
          live.event(tx, id, "running: resumed");
          return true;
        });
    if (!moved) throw new Conflict("run %s cannot be resumed: %s".formatted(id, why(row(id))));
    live.find(id).ifPresentOrElse(LiveRun::resume, () -> live.takeUp(id));
  }

  /** A paused run's threads go, so that its rows can be rewritten. */
  private void letGo(String id) {
    for (var step : engine.database.read(s -> engine.steps.rows(s, id))) {
      // One with instances only waits for them while the run is paused.
      if (isAtWork(id, step))
        throw new Conflict(
            "run %s is paused, but its step %s still works; wait for its end"
                .formatted(id, step.name()));
    }
    live.find(id).ifPresent(run -> run.stop(Stop.CLOSING));
  }

  private boolean isAtWork(String run, StepStore.Row step) {
    if (step.instances() == null) return step.state() == StepState.RUNNING;
    var counts = engine.database.read(s -> engine.instances.counts(s, run)).get(step.name());
    return counts != null && counts.in(StepState.RUNNING) > 0;
  }

  private void rewrite(RunStore.Row row, @Nullable String from, boolean edited) {
    var before = live.load(row);
    var after = edited ? newest(row, before) : before;
    var terms = edited ? terms(row, after) : row.terms();
    var steps = after.pipeline().steps();
    var first = from == null ? null : Instances.step(from);
    if (first != null && !steps.containsKey(first))
      throw new NotFound(
          "pipeline %s has no step \"%s\"%s"
              .formatted(row.pipeline(), first, Names.suggestion(first, steps.keySet())));
    if (from != null
        && !from.equals(first)
        && engine.database.read(s -> engine.steps.find(s, row.id(), from)).isEmpty())
      throw new NotFound("step of run " + row.id(), from);
    var fresh = first == null ? Set.<String>of() : below(Set.of(first), after.pipeline());
    var changed = edited ? new Revision(before, after).changed(engine.catalog) : Set.<String>of();
    engine.database.writing(tx -> {
      var waiting = new HashSet<String>(fresh);
      waiting.addAll(changed);
      for (var step : engine.steps.rows(tx, row.id()))
        if (!step.state().isDone() && step.state() != StepState.SKIPPED) waiting.add(step.name());
      waiting.retainAll(steps.keySet());
      var all = below(waiting, after.pipeline());
      live.lanes.refuseBeside(tx, row);
      engine.approvals.withdraw(tx, row.id(), null);
      if (!engine.runs.reopen(tx, row, terms))
        throw new Conflict(
            "run %s was resumed by somebody else meanwhile; read it again".formatted(row.id()));
      if (edited) engine.steps.revise(tx, row.id(), steps.values());
      all.forEach(step -> {
        boolean isPart = from != null && step.equals(first) && !from.equals(first);
        boolean isNew =
            changed.contains(step)
                || fresh.contains(step) && !isPart
                || above(after.pipeline(), step).stream().anyMatch(all::contains);
        if (isNew) engine.instances.delete(tx, row.id(), step);
        else engine.instances.reset(tx, row.id(), step, from);
        engine.steps.reset(tx, row.id(), step, fresh.contains(step) && !isPart);
      });
      live.event(
          tx,
          row.id(),
          "running: resumed%s, %d of %d steps to do"
              .formatted(edited ? " as edited" : "", all.size(), steps.size()));
    });
  }

  /** The pipeline and its project as they are now. */
  private Revision.Version newest(RunStore.Row row, Revision.Version before) {
    var text =
        engine
            .database
            .read(s -> pipelines.find(s, row.pipeline()))
            .orElseThrow(() ->
                new Conflict(
                    "pipeline %s is gone; resume the run without edited"
                        .formatted(row.pipeline())));
    var texts = engine.database.read(s -> projects.of(s, text.project()));
    var pipeline = Composition.read(text.path(), text.text(), texts);
    PipelineChecker.check(engine.catalog, pipeline, texts);
    return new Revision.Version(
        pipeline, texts, Revision.params(before.pipeline(), pipeline, row.terms().values()));
  }

  private RunStore.Terms terms(RunStore.Row row, Revision.Version version) {
    var params = Json.object();
    params.setAll(version.params());
    var path = version.pipeline().path();
    return new RunStore.Terms(
        Digest.of(version.texts().getOrDefault(path, "")),
        path,
        engine.database.write(tx -> engine.files.insert(tx, version.texts())),
        params,
        row.terms().cache());
  }

  private static Set<String> above(PipelineDefinition pipeline, String step) {
    var found = pipeline.steps().get(step);
    return found == null ? Set.of() : found.needs().keySet();
  }

  /** These steps and all that depends on them, the late ones after steps of an earlier turn too. */
  private static Set<String> below(Collection<String> steps, PipelineDefinition pipeline) {
    var all = new HashSet<>(steps);
    boolean grew = true;
    while (grew) {
      grew = false;
      for (var step : pipeline.steps().values()) {
        if (!all.contains(step.id())
            && pipeline.steps().values().stream()
                .filter(other -> all.contains(other.id()))
                .anyMatch(other ->
                    step.needs().containsKey(other.id()) || other.turn().isBefore(step.turn())))
          grew |= all.add(step.id());
      }
    }
    return all;
  }
}
