package io.millrace.experiments;

import io.millrace.base.Database;
import io.millrace.base.Ids;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.pipelines.RunLog;
import io.millrace.pipelines.RunTracker;
import java.time.Clock;
import java.util.List;
import java.util.SortedMap;

/**
 * Experiments: one for each pipeline, with a run for each step that notes parameters or metrics.
 * Thread-safe.
 */
public final class Experiments implements RunTracker {
  private final Database database;
  private final Clock clock;
  private final Ids ids;
  private final RunStore store = new RunStore();

  public Experiments(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.ids = new Ids(clock);
  }

  /**
   * Opens a run of the pipeline's experiment, which is made if it is new. The run is durable when
   * this returns.
   */
  @Override
  public RunLog open(String pipeline, String pipelineRun, String step) {
    var run =
        new Run(
            new RunId(ids.next()),
            pipeline,
            step,
            RunState.RUNNING,
            pipelineRun,
            step,
            clock.instant(),
            null);
    database.writing(
        tx -> store.insert(tx, store.findOrInsert(tx, pipeline, run.startedAt()), run));
    return new OpenRun(database, store, clock, run.id());
  }

  /**
   * Ends the runs that a program which is gone left running. To be called before any run is opened;
   * returns how many.
   */
  public int endAbandoned(Transaction tx) {
    return store.replaceRunning(tx, RunState.KILLED, clock.instant());
  }

  public List<Experiment> experiments(Snapshot s) {
    return store.listExperiments(s);
  }

  public Experiment experiment(Snapshot s, String name) {
    var all = store.listExperiments(s);
    return all.stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new NotFound(
                "no experiment \"%s\"%s"
                    .formatted(
                        name,
                        Names.suggestion(name, all.stream().map(Experiment::name).toList()))));
  }

  /** The runs of an experiment, the newest first. */
  public List<Run> runs(Snapshot s, String experiment) {
    return store.list(s, experiment(s, experiment).id());
  }

  /** The runs that the steps of one run of a pipeline opened, in the order they began. */
  public List<Run> runsOf(Snapshot s, String pipelineRun) {
    return store.listOfPipelineRun(s, pipelineRun);
  }

  public Run run(Snapshot s, RunId id) {
    return store.find(s, id).orElseThrow(() -> new NotFound("run", id));
  }

  public SortedMap<String, String> params(Snapshot s, RunId id) {
    return store.params(s, id);
  }

  /** The last value of each metric, by key. */
  public List<Metric> latest(Snapshot s, RunId id) {
    return store.latest(s, id);
  }

  /** Every value of one metric, by step. */
  public List<Metric> history(Snapshot s, RunId id, String key) {
    return store.history(s, id, key);
  }
}
