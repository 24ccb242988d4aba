package io.millrace.experiments;

import io.millrace.artifacts.FileTree;
import io.millrace.base.Conflict;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.ArrayList;
import java.util.List;

/** Deletes runs and experiments for good, and says before what that breaks. */
public final class Removals {
  private final Experiments experiments;
  private final Runs runs;
  private final FileTree files;
  private final RunStore store = new RunStore();
  private final LoggedModelStore models = new LoggedModelStore();

  public Removals(Experiments experiments, Runs runs, FileTree files) {
    this.experiments = experiments;
    this.runs = runs;
    this.files = files;
  }

  /** What deleting for good takes away. */
  public record Removal(int runs, long files, long bytes, int models, List<String> breaks) {}

  /** What {@link #remove} would take away, and who still relies on it. */
  public Removal preview(Snapshot s, List<RunId> ids, List<RunUsers> users) {
    long count = 0;
    long bytes = 0;
    int made = 0;
    var breaks = new ArrayList<String>();
    for (var id : ids) {
      var run = runs.run(s, id);
      for (var root : roots(s, run)) {
        for (var file : files.below(s, root)) {
          count++;
          bytes += file.size();
        }
      }
      made += store.outputs(s, List.of(run.number())).getOrDefault(run.number(), List.of()).size();
      users.forEach(user -> breaks.addAll(user.usersOf(s, id)));
    }
    return new Removal(ids.size(), count, bytes, made, breaks);
  }

  /** Deletes runs, what they noted, and their files, for good. The graph keeps that they were. */
  public void remove(Transaction tx, List<RunId> ids) {
    for (var id : ids) {
      var run = runs.run(tx, id);
      for (var root : roots(tx, run)) files.delete(tx, root);
      models.deleteOfRuns(tx, List.of(id.value()));
      runs.endExecution(tx, run, RunState.KILLED);
      store.delete(tx, List.of(run.number()));
    }
  }

  /** Deletes an experiment that was deleted before, and all its runs, for good. */
  public void remove(Transaction tx, long id) {
    var experiment = experiments.experiment(tx, id);
    if (experiment.isActive())
      throw new Conflict("experiment %d is active: delete it first, then for good".formatted(id));
    if (id == Experiment.DEFAULT)
      throw new Conflict("the experiment Default must stay, since clients fall back to it");
    remove(tx, store.list(tx, store.numbersOf(tx, List.of(id))).stream().map(Run::id).toList());
    experiments.remove(tx, id);
  }

  /** The folders of this server's own that hold the run's files and those of the models it made. */
  private List<String> roots(Snapshot s, Run run) {
    var roots = new ArrayList<String>();
    ArtifactRoot.path(run.artifacts()).ifPresent(roots::add);
    for (var output : store.outputs(s, List.of(run.number())).getOrDefault(run.number(), List.of()))
      models
          .find(s, output.id())
          .flatMap(m -> ArtifactRoot.path(m.artifacts()))
          .ifPresent(roots::add);
    return roots;
  }
}
