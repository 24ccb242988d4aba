package io.millrace.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.RunLog;
import io.millrace.pipelines.RunTracker;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs and what they note. Each run is an execution in the metadata graph. Metrics are appended as
 * they come and sorted in the background, or before they are read. Thread-safe.
 */
public final class Runs implements RunTracker, AutoCloseable {
  private static final Logger LOG = System.getLogger(Runs.class.getName());

  /** The tag that holds the run's name, kept equal to it. */
  public static final String RUN_NAME = "mlflow.runName";

  private static final String MODEL_HISTORY = "mlflow.log-model.history";
  private static final String PARENT = "mlflow.parentRunId";

  private final Database database;
  private final Metadata metadata;
  private final Experiments experiments;
  private final FileTree files;
  private final Clock clock;
  private final Ids ids;
  private final RunStore runs = new RunStore();
  private final MetricStore metrics = new MetricStore();
  private final LoggedModelStore models = new LoggedModelStore();
  private final Settler settler;

  public Runs(
      Database database, Metadata metadata, Experiments experiments, FileTree files, Clock clock) {
    this.database = database;
    this.metadata = metadata;
    this.experiments = experiments;
    this.files = files;
    this.clock = clock;
    this.ids = new Ids(clock);
    this.settler = new Settler(database, metrics, this::expire);
  }

  /**
   * A run to be made.
   *
   * @param name may be empty: then one is made up
   */
  public record NewRun(
      long experiment,
      String name,
      String user,
      Instant startedAt,
      Map<String, String> tags,
      Run.@Nullable Origin origin) {}

  public Run create(Transaction tx, NewRun request) {
    return adopt(tx, new RunId(ids.next()), request);
  }

  /** Takes over a run that has its id from elsewhere. */
  public Run adopt(Transaction tx, RunId id, NewRun request) {
    if (runs.find(tx, id).isPresent()) throw new Conflict("run %s is there already".formatted(id));
    var experiment = experiments.experiment(tx, request.experiment());
    Experiments.requireActive(experiment);
    var tags = new TreeMap<>(request.tags());
    var name = name(request, tags);
    tags.put(RUN_NAME, name);
    tags.keySet().forEach(key -> Limit.key(key, "key"));
    var execution =
        metadata.begin(tx, "experiments/run", id.value(), Json.object().put("run_name", name));
    metadata.attach(
        tx, metadata.context(tx, Experiments.CONTEXT, String.valueOf(experiment.id())), execution);
    var run =
        new Run(
            0,
            id,
            experiment.id(),
            name,
            request.user(),
            new Run.Status(RunState.RUNNING, Lifecycle.ACTIVE, request.startedAt(), null),
            experiment.artifacts() + "/" + id + "/artifacts",
            request.origin());
    long number = runs.insert(tx, run, execution);
    runs.replacePairs(tx, "tag", number, tags);
    return new Run(
        number,
        id,
        run.experiment(),
        name,
        run.user(),
        run.status(),
        run.artifacts(),
        run.origin());
  }

  private String name(NewRun request, SortedMap<String, String> tags) {
    @Nullable String tagged = tags.get(RUN_NAME);
    if (request.name().isEmpty())
      return tagged == null || tagged.isEmpty() ? RunNames.made(ids.next()) : tagged;
    if (tagged != null && !tagged.equals(request.name()))
      throw new InvalidInput(
          "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='%s', mlflow.runName='%s')."
              .formatted(request.name(), tagged));
    return request.name();
  }

  public Run run(Snapshot s, RunId id) {
    return runs.find(s, id).orElseThrow(() -> missing(id));
  }

  private static NotFound missing(RunId id) {
    return new NotFound("Run with id=%s not found".formatted(id));
  }

  public Optional<Run> find(Snapshot s, RunId id) {
    return runs.find(s, id);
  }

  /** The run, which must not be deleted. */
  public Run activeRun(Snapshot s, RunId id) {
    var run = run(s, id);
    if (!run.isActive()) throw deleted(id);
    return run;
  }

  private static InvalidInput deleted(RunId id) {
    return new InvalidInput(
        "The run %s must be in the 'active' state. Current state is deleted.".formatted(id));
  }

  /** Changes the state; where it ends, the run's execution ends in the graph. */
  public Run update(
      Transaction tx,
      RunId id,
      @Nullable RunState state,
      @Nullable Instant endedAt,
      @Nullable String name) {
    var run = activeRun(tx, id);
    if (name != null && !name.isEmpty()) {
      runs.replaceName(tx, run.number(), name);
      runs.replacePairs(tx, "tag", run.number(), Map.of(RUN_NAME, name));
    }
    var before = run.status();
    var next = state == null ? before.state() : state;
    @Nullable Instant end = endedAt != null ? endedAt : before.endedAt();
    if (next.isEnded() && end == null && state != null) end = clock.instant();
    if (!next.isEnded()) end = endedAt;
    runs.replaceStatus(tx, run, new Run.Status(next, before.lifecycle(), before.startedAt(), end));
    if (next.isEnded() && !before.state().isEnded()) endExecution(tx, run, next);
    return run(tx, id);
  }

  /** Ends the run in the graph, where it goes on there. */
  void endExecution(Transaction tx, Run run, RunState state) {
    var execution = runs.execution(tx, run);
    if (execution == null || metadata.execution(tx, execution).state() != ExecutionState.RUNNING)
      return;
    if (!metrics.isSettled(tx, run.number())
        || !metrics.summariesByName(tx, run.number()).isEmpty())
      metadata.output(
          tx,
          execution,
          metadata.artifact(
              tx,
              ArtifactType.METRICS,
              null,
              run.id().value(),
              Json.object().put("run", run.id().value())),
          "metrics");
    metadata.end(
        tx,
        execution,
        state == RunState.FINISHED ? ExecutionState.COMPLETE : ExecutionState.FAILED,
        Json.object().put("state", state.name()));
  }

  public void delete(Transaction tx, RunId id) {
    replaceLifecycle(tx, run(tx, id), Lifecycle.DELETED);
  }

  public void restore(Transaction tx, RunId id) {
    replaceLifecycle(tx, run(tx, id), Lifecycle.ACTIVE);
  }

  private void replaceLifecycle(Transaction tx, Run run, Lifecycle lifecycle) {
    var before = run.status();
    runs.replaceStatus(
        tx, run, new Run.Status(before.state(), lifecycle, before.startedAt(), before.endedAt()));
  }

  /** Moves a run to another experiment; its files stay where they are. */
  public void move(Transaction tx, RunId id, long experiment) {
    var run = activeRun(tx, id);
    Experiments.requireActive(experiments.experiment(tx, experiment));
    var inputs = runs.inputs(tx, List.of(run.number())).getOrDefault(run.number(), List.of());
    runs.replaceExperiment(tx, run, experiment);
    var moved = run(tx, id);
    inputs.forEach(input -> runs.insertInput(tx, moved, input));
  }

  /**
   * Makes a run in that experiment which noted the same; its files are shared with the one it was
   * copied from.
   */
  public Run copy(RunId id, long experiment) {
    var data = data(id);
    var histories = new TreeMap<String, List<Metric>>();
    for (var metric : data.metrics())
      histories.put(metric.key(), history(id, metric.key(), 0, Integer.MAX_VALUE - 1));
    return database.write(tx -> {
      var source = data.run();
      var tags = new TreeMap<>(data.tags());
      tags.put("millrace.copiedFrom", id.value());
      var made =
          create(
              tx,
              new NewRun(
                  experiment,
                  source.name(),
                  source.user(),
                  source.status().startedAt(),
                  tags,
                  null));
      runs.replacePairs(tx, "param", made.number(), data.params());
      metrics.insert(tx, Map.of(made.number(), histories));
      logInputs(
          tx,
          made.id(),
          data.datasets(),
          data.inputs().stream().map(RunData.ModelRef::id).toList());
      logOutputs(tx, made.id(), data.outputs());
      ArtifactRoot.path(source.artifacts())
          .ifPresent(from ->
              ArtifactRoot.path(made.artifacts())
                  .ifPresent(to -> {
                    for (var file : files.below(tx, from))
                      files.put(
                          tx,
                          to + file.path().substring(from.length()),
                          file.digest(),
                          file.size());
                  }));
      if (source.status().state().isEnded())
        update(tx, made.id(), source.status().state(), source.status().endedAt(), null);
      return run(tx, made.id());
    });
  }

  /** Notes parameters, metrics and tags, all or none. */
  public void log(
      Transaction tx,
      RunId id,
      Map<String, String> params,
      @Nullable MetricPoints points,
      Map<String, String> tags) {
    var run = runs.target(tx, id).orElseThrow(() -> missing(id));
    if (run.lifecycle() != Lifecycle.ACTIVE) throw deleted(id);
    if (!params.isEmpty()) insertParams(tx, id, run.number(), params);
    if (points != null) metrics.append(tx, run.number(), points.batch());
    if (!tags.isEmpty()) replaceTags(tx, run.number(), tags);
    if (run.leased()) runs.renewLease(tx, run.number(), clock.instant());
  }

  private void insertParams(Transaction tx, RunId id, long run, Map<String, String> params) {
    var standing = params.size() == 1 ? one(tx, run, params) : runs.params(tx, run);
    var fresh = new TreeMap<String, String>();
    params.forEach((key, value) -> {
      @Nullable String before = standing.get(key);
      if (before == null) fresh.put(key, value);
      else if (!before.equals(value))
        throw new InvalidInput(
            "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'."
                .formatted(key, before, id, value));
    });
    runs.replacePairs(tx, "param", run, fresh);
  }

  private Map<String, String> one(Snapshot s, long run, Map<String, String> params) {
    var key = params.keySet().iterator().next();
    return runs.findParam(s, run, key).map(value -> Map.of(key, value)).orElse(Map.of());
  }

  private void replaceTags(Transaction tx, long run, Map<String, String> tags) {
    runs.replacePairs(tx, "tag", run, tags);
    @Nullable String name = tags.get(RUN_NAME);
    if (name != null && !name.isEmpty()) runs.replaceName(tx, run, name);
  }

  /** Adds a model to the tag in which 2.x clients keep what models a run's files hold. */
  public void appendToHistory(Transaction tx, RunId id, JsonNode model) {
    var run = activeRun(tx, id);
    @Nullable String before =
        runs.pairs(tx, "tag", List.of(run.number()))
            .getOrDefault(run.number(), new TreeMap<>())
            .get(MODEL_HISTORY);
    var models = before == null ? Json.array() : Json.parse(before);
    if (!(models instanceof ArrayNode list))
      throw new InvalidInput("the tag %s of run %s is no JSON list".formatted(MODEL_HISTORY, id));
    list.add(model);
    runs.replacePairs(tx, "tag", run.number(), Map.of(MODEL_HISTORY, list.toString()));
  }

  public void deleteTag(Transaction tx, RunId id, String key) {
    var run = activeRun(tx, id);
    if (!runs.deleteTag(tx, run.number(), key))
      throw new NotFound("No tag with name: %s in run with id %s".formatted(key, id));
  }

  /** Notes what datasets and models the run read. */
  public void logInputs(
      Transaction tx, RunId id, List<DatasetInput> datasets, List<String> inputModels) {
    var run = activeRun(tx, id);
    var execution = runs.execution(tx, run);
    for (var dataset : datasets) {
      runs.insertInput(tx, run, dataset);
      if (execution == null) continue;
      var artifact =
          metadata.artifact(
              tx,
              ArtifactType.EXTERNAL_DATASET,
              null,
              "%s@%s".formatted(dataset.name(), dataset.digest()),
              Json.object()
                  .put("source_type", dataset.sourceType())
                  .put("source", shortened(dataset.source())));
      metadata.input(
          tx, execution, artifact, dataset.tags().getOrDefault(DatasetInput.CONTEXT, "dataset"));
    }
    for (var model : inputModels) {
      runs.insertInputModel(tx, run.number(), model);
      if (execution != null)
        metadata.input(tx, execution, LoggedModels.artifact(tx, metadata, model), "model");
    }
  }

  private static String shortened(String text) {
    return text.length() <= 1_000 ? text : text.substring(0, 1_000);
  }

  /** Notes what models the run made. */
  public void logOutputs(Transaction tx, RunId id, List<RunData.ModelRef> outputs) {
    var run = activeRun(tx, id);
    var execution = runs.execution(tx, run);
    for (var output : outputs) {
      runs.insertOutput(tx, run.number(), output.id(), output.step());
      if (execution != null)
        metadata.output(tx, execution, LoggedModels.artifact(tx, metadata, output.id()), "model");
    }
  }

  /**
   * Promises to be heard of within that time, again and again: whatever is logged renews the
   * promise. A run that is not heard of in time becomes LOST.
   */
  public void lease(Transaction tx, RunId id, Duration length) {
    if (length.toMillis() < 1_000 || length.compareTo(Duration.ofDays(7)) > 0)
      throw new InvalidInput("lease", length, "1 second to 7 days");
    runs.replaceLease(tx, activeRun(tx, id), length, clock.instant());
  }

  // Reading

  /** A run with all it noted, settled first. */
  public RunData data(RunId id) {
    var run = database.read(s -> run(s, id));
    settler.settle(List.of(run.number()));
    return database.read(s -> {
      var data = data(s, List.of(run(s, id))).getFirst();
      return new RunData(
          data.run(),
          data.params(),
          data.tags(),
          data.metrics(),
          data.datasets(),
          runs.inputModels(s, run.number()),
          data.outputs());
    });
  }

  private List<RunData> data(Snapshot s, List<Run> found) {
    var numbers = found.stream().map(Run::number).toList();
    var params = runs.pairs(s, "param", numbers);
    var tags = runs.pairs(s, "tag", numbers);
    var latest = metrics.latest(s, numbers);
    var inputs = runs.inputs(s, numbers);
    var outputs = runs.outputs(s, numbers);
    return found.stream()
        .map(run ->
            new RunData(
                run,
                params.getOrDefault(run.number(), new TreeMap<>()),
                tags.getOrDefault(run.number(), new TreeMap<>()),
                latest.getOrDefault(run.number(), List.of()),
                inputs.getOrDefault(run.number(), List.of()),
                List.of(),
                outputs.getOrDefault(run.number(), List.of())))
        .toList();
  }

  /** A page of runs with all they noted, but for the models they read. */
  public List<RunData> search(RunQuery query) {
    settler.settle(database.read(s -> metrics.unsettled(s, query.experiments())));
    return database.read(s -> data(s, runs.list(s, new RunSearch(s, metrics, query).numbers())));
  }

  /** A part of a metric's history by time, without values that were sent twice. */
  public List<Metric> history(RunId id, String key, long offset, int limit) {
    return historyOf(id, key, history -> history.page(offset, limit));
  }

  /** At most that many points of the steps from first to last, evenly chosen, the ends included. */
  public List<Metric> sample(RunId id, String key, long first, long last, int most) {
    return historyOf(id, key, history -> history.sample(first, last, most));
  }

  /** The least and the greatest value in each of at most that many stretches of a history. */
  public List<Stretch> stretches(RunId id, String key, int most) {
    return historyOf(id, key, history -> history.stretches(most));
  }

  private <T> List<T> historyOf(
      RunId id, String key, java.util.function.Function<History, List<T>> part) {
    var run = database.read(s -> runs.find(s, id));
    if (run.isEmpty()) return List.of();
    settler.settle(List.of(run.get().number()));
    return database.read(s -> part.apply(new History(metrics, s, run.get().number(), key)));
  }

  /** The datasets that runs of these experiments read. */
  public List<DatasetSummary> datasets(Snapshot s, List<Long> experiments, int limit) {
    return runs.datasets(s, experiments, limit);
  }

  /** The runs that the steps of one run of a pipeline opened, in the order they began. */
  public List<Run> runsOf(Snapshot s, String pipelineRun) {
    return runs.listOfPipelineRun(s, pipelineRun);
  }

  // Steps of pipelines

  /** Opens a run of the pipeline's experiment, which is made if it is new. */
  @Override
  public RunLog open(String pipeline, String pipelineRun, String step) {
    var run =
        database.write(tx -> {
          var experiment =
              experiments
                  .find(tx, pipeline)
                  .orElseGet(() -> experiments.create(tx, pipeline, "", null, Map.of()));
          if (!experiment.isActive()) experiments.restore(tx, experiment.id());
          return create(
              tx,
              new NewRun(
                  experiment.id(),
                  step,
                  "",
                  clock.instant(),
                  Map.of(
                      "mlflow.source.type", "PROJECT",
                      "millrace.pipeline", pipeline,
                      "millrace.pipelineRun", pipelineRun,
                      "millrace.step", step),
                  new Run.Origin(pipelineRun, step)));
        });
    return new OpenRun(database, this, clock, run.id());
  }

  @Override
  public RunLog reopen(String pipeline, String pipelineRun, String step) {
    var of =
        database.read(s ->
            runs.listOfPipelineRun(s, pipelineRun).stream()
                .filter(run -> run.origin() != null && run.origin().step().equals(step))
                .toList());
    return last(of, RunState.RUNNING)
        .<RunLog>map(run -> new OpenRun(database, this, clock, run.id()))
        // It was noted whole, and the program was gone before the step's end was.
        .or(() -> last(of, RunState.FINISHED).map(run -> new WholeRun(run.id().value())))
        .orElseGet(() -> open(pipeline, pipelineRun, step));
  }

  private static Optional<Run> last(List<Run> of, RunState state) {
    return of.stream()
        .filter(run -> run.status().state() == state)
        .max(Comparator.comparingLong(Run::number));
  }

  /** A run that has all its step noted. */
  private record WholeRun(String id) implements RunLog {
    @Override
    public void param(String name, String value) {}

    @Override
    public void metric(String name, double value, long step) {}

    @Override
    public void close(boolean succeeded) {}
  }

  /**
   * Ends the runs of steps that a program which is gone left running. To be called before any run
   * is opened; returns how many.
   *
   * @param spared those whose step goes on
   */
  public int endAbandoned(Transaction tx, Predicate<Run.Origin> spared) {
    int ended = 0;
    for (var run : runs.listLeftOpen(tx)) {
      if (run.origin() != null && spared.test(run.origin())) continue;
      update(tx, run.id(), RunState.KILLED, null, null);
      ended++;
    }
    return ended;
  }

  /** The children of a run, by what they said of their parent. */
  public List<String> children(Snapshot s, RunId id) {
    return s.query(
            "select r.id from tag t join run r on r.number = t.run where t.key = :key and t.value = :id order by r.started_at")
        .bind("key", PARENT)
        .bind("id", id.value())
        .mapTo(String.class)
        .list();
  }

  /** Each metric of a run, with the range of all its values. */
  public List<MetricSummary> summaries(RunId id) {
    var run = database.read(s -> run(s, id));
    settler.settle(List.of(run.number()));
    return database.read(s -> metrics.summariesByName(s, run.number())).values().stream()
        .map(m -> new MetricSummary(m.latest(), m.points(), m.range()[0], m.range()[1]))
        .toList();
  }

  private void expire() {
    var now = clock.instant();
    if (database.read(s -> runs.listExpired(s, now)).isEmpty()) return;
    database.writing(tx -> {
      for (var run : runs.listExpired(tx, now)) {
        update(tx, run.id(), RunState.LOST, null, null);
        LOG.log(Level.INFO, "run=%s state=LOST its lease ran out".formatted(run.id()));
      }
    });
  }

  LoggedModelStore models() {
    return models;
  }

  @Override
  public void close() {
    settler.close();
  }
}
