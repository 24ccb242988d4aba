package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import io.millrace.definitions.ProjectTexts;
import io.millrace.governance.SecretReference;
import io.millrace.metadata.Metadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The pipelines of this server and their runs. Of one data folder there is one at a time: when it
 * is made, an earlier one can write no more, and {@link #takeUp} goes on with the runs that one
 * left. Thread-safe.
 */
public final class Pipelines implements AutoCloseable {
  /** How many runs may go on at once. */
  public static final int MOST_LIVE = 100;

  /** How long a caller may wait for events. */
  public static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  /** What a run of the program's own pipelines has behind its name, which no name can have. */
  public static final String OWN = " (own)";

  /** The project of what is made without files. */
  private static final String NO_FILES = "default";

  private static final int MOST_EVENTS = 1_000;
  private static final int MOST_RUNS = 200;

  /** How many instances of a step are shown at once. */
  public static final int MOST_INSTANCES = 1_000;

  private final Engine engine;
  private final Kind kind;
  private final Kind components = new ComponentKind();
  private final Ids ids;
  private final PipelineStore store = new PipelineStore();
  private final ProjectTexts projects = new ProjectTexts();
  private final LiveRuns live;
  private final Resumption resumption;

  /**
   * @param programDigest the digest of the program's own code, part of each step's key
   * @param work a folder for the steps' files and logs; commands run in {@link #attempts} of it
   */
  public Pipelines(
      Database database,
      Artifacts artifacts,
      Metadata metadata,
      List<Component> components,
      List<EffectOwner> owners,
      RunTracker tracker,
      String programDigest,
      Path work,
      Commands commands,
      List<SearchAlgorithm> searches,
      Clock clock) {
    this(
        database,
        artifacts,
        metadata,
        components,
        owners,
        tracker,
        RunWatcher.NONE,
        programDigest,
        work,
        commands,
        searches,
        clock);
  }

  /**
   * As the other.
   *
   * @param watcher told of runs and attempts, also of those that this takes from an engine before
   */
  public Pipelines(
      Database database,
      Artifacts artifacts,
      Metadata metadata,
      List<Component> components,
      List<EffectOwner> owners,
      RunTracker tracker,
      RunWatcher watcher,
      String programDigest,
      Path work,
      Commands commands,
      List<SearchAlgorithm> searches,
      Clock clock) {
    var byName =
        components.stream()
            .collect(Collectors.toUnmodifiableMap(Component::name, Function.identity()));
    var byKind =
        owners.stream()
            .collect(Collectors.toUnmodifiableMap(EffectOwner::kind, Function.identity()));
    var catalog =
        new Catalog(
            byName,
            artifacts,
            commands,
            searches.stream()
                .collect(Collectors.toUnmodifiableMap(SearchAlgorithm::name, Function.identity())));
    this.engine =
        new Engine(
            database,
            artifacts,
            metadata,
            catalog,
            byKind,
            tracker,
            watcher,
            programDigest,
            work,
            clock);
    this.kind = new PipelineKind(catalog, clock);
    this.ids = new Ids(clock);
    this.live = new LiveRuns(engine, commands.runner());
    this.resumption = new Resumption(engine, live);
    live.claim();
  }

  /** Where the folders of attempts lie below a folder for steps' files. */
  public static Path attempts(Path work) {
    return work.resolve("attempts");
  }

  /** Whether that step works on, though the engine that began it is gone. */
  public boolean outlived(String run, String step) {
    return live.adopted().stream().anyMatch(s -> s.run().equals(run) && s.step().equals(step));
  }

  /** The steps at work whose commands were given that version of a secret, as texts for people. */
  public List<String> usersOf(Snapshot s, SecretReference secret) {
    return engine.secrets.users(s, secret.toString());
  }

  /**
   * Goes on with every run that an earlier engine left running, each from where it was: to be
   * called once, when the steps' surroundings are ready.
   */
  public void takeUp() {
    live.takeUpAll();
  }

  /** Reads the files {@code pipelines/*.yaml} of projects. */
  public Kind kind() {
    return kind;
  }

  /** For the facades beside this one that look back and ahead. */
  Engine engine() {
    return engine;
  }

  /** Reads the folders {@code components/NAME} of projects, which is to be asked before kind. */
  public Kind componentKind() {
    return components;
  }

  /** What steps can use: the program's own by name, then those of each project. */
  public List<ComponentSummary> components() {
    var all = new ArrayList<ComponentSummary>();
    for (var own : engine.catalog.own()) all.add(ComponentSummary.of(own, Map.of(), null));
    engine.database.read(s -> {
      for (var project : projects.names(s))
        all.addAll(engine.catalog.ofProject(project, projects.of(s, project)));
      return all;
    });
    return List.copyOf(all);
  }

  /**
   * The component of that name.
   *
   * @param name ROOM/NOUN, or the name of a project's component, with or without ./components/
   * @param project whose it is; null where only one has one of that name
   */
  public ComponentSummary component(String name, @Nullable String project) {
    var all = components();
    var found =
        all.stream()
            .filter(c -> c.name().equals(name) || c.name().equals(ComponentParser.USES + name))
            .filter(c -> project == null || project.equals(c.project()))
            .toList();
    if (found.size() > 1)
      throw new Conflict(
          "several projects have a component \"%s\": %s; say whose is meant, as project=NAME"
              .formatted(
                  name,
                  String.join(
                      ", ", found.stream().map(c -> String.valueOf(c.project())).toList())));
    if (found.isEmpty())
      throw new NotFound(
          "no component \"%s\"%s"
              .formatted(
                  name,
                  Names.suggestion(
                      name,
                      all.stream().map(c -> c.name().replace(ComponentParser.USES, "")).toList())));
    return found.getFirst();
  }

  public List<PipelineSummary> pipelines() {
    return engine.database.read(s -> {
      var texts = new HashMap<String, Map<String, String>>();
      return store.list(s).stream()
          .map(row ->
              new Loaded(row, texts.computeIfAbsent(row.project(), name -> projects.of(s, name))))
          .map(Loaded::summary)
          .toList();
    });
  }

  public PipelineSummary pipeline(String name) {
    return engine.database.read(s -> loaded(s, name)).summary();
  }

  private Loaded loaded(Snapshot s, String name) {
    var row = row(s, name);
    return new Loaded(row, projects.of(s, row.project()));
  }

  private PipelineStore.Row row(Snapshot s, String name) {
    return store
        .find(s, name)
        .orElseThrow(() ->
            new NotFound(
                "no pipeline \"%s\"%s"
                    .formatted(
                        name,
                        Names.suggestion(
                            name, store.list(s).stream().map(PipelineStore.Row::name).toList()))));
  }

  /** A pipeline with the files of its project, as they are now. */
  private record Loaded(PipelineStore.Row row, Map<String, String> texts) {
    PipelineDefinition definition() {
      return Composition.read(row.path(), row.text(), texts);
    }

    PipelineSummary summary() {
      return PipelineSummary.of(definition(), row.project());
    }
  }

  /**
   * Begins a run of the pipeline as it is now; returns once that is durable. Where another run of
   * its concurrency group is at work it waits as queued, or is refused with Conflict, as the
   * pipeline says.
   *
   * @param params by name; text is read as the parameter's type
   * @param useCache whether steps may be taken from earlier runs; what they come to is kept either
   *     way
   */
  public PipelineRun start(String pipeline, Map<String, JsonNode> params, boolean useCache) {
    return start(pipeline, params, useCache, (_, _) -> {});
  }

  /** As the other; what is written with the run is in its transaction. */
  PipelineRun start(
      String pipeline,
      Map<String, JsonNode> params,
      boolean useCache,
      BiConsumer<Transaction, PipelineRun> with) {
    requireRoom();
    var loaded = engine.database.read(s -> loaded(s, pipeline));
    var definition = loaded.definition();
    definition.ports().refuseAlone(definition);
    PipelineChecker.check(engine.catalog, definition, loaded.texts());
    var given = Json.object();
    var values = params(definition, params);
    given.setAll(values);
    return begin(
        new As(
            pipeline,
            loaded.row().project(),
            Concurrency.lane(definition, loaded.row().project(), values),
            useCache),
        definition,
        loaded.texts(),
        given,
        with);
  }

  /**
   * Begins a run of a pipeline that belongs to no project's files but to the program itself.
   *
   * @param text of its file; its runs are found by its name and {@value #OWN}
   */
  public PipelineRun startOwn(String text, Map<String, JsonNode> params) {
    requireRoom();
    var path = "pipelines/own.yaml";
    var definition = PipelineParser.parse(path, text);
    var texts = Map.of(path, text);
    PipelineChecker.check(engine.catalog, definition, texts);
    var given = Json.object();
    given.setAll(params(definition, params));
    var as = new As(definition.name() + OWN, NO_FILES, null, true);
    return begin(as, definition, texts, given, (_, _) -> {});
  }

  /** Begins a test of a pipeline as these files say it, applied or not. */
  PipelineRun startTest(
      PipelineDefinition pipeline,
      ProjectFiles files,
      Map<String, JsonNode> params,
      Map<String, ArtifactRef> samples) {
    requireRoom();
    var given = Json.object();
    given.setAll(params(pipeline, params));
    return begin(
        new As(pipeline.name() + PipelineTests.SUFFIX, files.project(), null, true),
        pipeline,
        files.texts(),
        given,
        (tx, run) -> engine.tests.insert(tx, run.id(), samples));
  }

  /**
   * @param name that the run is found by
   * @param lane of its concurrency group, if it has one
   */
  private record As(String name, String project, @Nullable String lane, boolean useCache) {}

  private PipelineRun begin(
      As as,
      PipelineDefinition definition,
      Map<String, String> texts,
      ObjectNode given,
      BiConsumer<Transaction, PipelineRun> with) {
    engine.catalog.capacities().refuseUnfit(engine.catalog, definition, texts);
    var lane = as.lane();
    var older = new ArrayList<String>();
    var begun =
        engine.database.write(tx -> {
          var state =
              lane == null ? RunState.RUNNING : live.lanes.enter(tx, lane, definition, older);
          var run = started(as.name(), definition, state, Concurrency.group(lane), given);
          var terms =
              new RunStore.Terms(
                  Digest.of(texts.getOrDefault(definition.path(), "")),
                  definition.path(),
                  engine.files.insert(tx, texts),
                  given,
                  as.useCache());
          var row =
              new RunStore.Row(
                  run.id(), as.name(), as.project(), run.state(), terms, 1, false, lane);
          engine.runs.insert(tx, run, row);
          live.event(
              tx,
              run.id(),
              "%s: %s, %d steps".formatted(state.text(), as.name(), run.steps().size()));
          if (!PipelineTests.isTest(as.name())) engine.watcher.runBegan(tx, run.id());
          with.accept(tx, run);
          var steps = engine.steps.rows(tx, run.id());
          return new Begun(run, new LiveRun(engine, live.lanes, row, definition, texts, steps));
        });
    if (begun.run().state() == RunState.RUNNING) live.begin(begun.live());
    older.forEach(live::cancelled);
    return begun.run();
  }

  private record Begun(PipelineRun run, LiveRun live) {}

  /** Refuses parameters that a run of the pipeline would refuse. */
  void requireParams(String pipeline, Map<String, JsonNode> given) {
    var row = engine.database.read(s -> row(s, pipeline));
    params(PipelineParser.parse(row.path(), row.text()), given);
  }

  private void requireRoom() {
    if (live.isClosing()) throw new Unavailable("the server is stopping");
    if (live.count() >= MOST_LIVE)
      throw new Unavailable(
          "%d pipeline runs go on already; wait for one to end, or cancel one"
              .formatted(MOST_LIVE));
  }

  private PipelineRun started(
      String name,
      PipelineDefinition pipeline,
      RunState state,
      @Nullable String group,
      JsonNode params) {
    return new PipelineRun(
        ids.next(),
        name,
        state,
        null,
        null,
        group,
        params,
        engine.now(),
        null,
        pipeline.steps().values().stream().map(StepRun::waiting).toList());
  }

  /** The values of a run's parameters: what was given, and defaults. */
  static Map<String, JsonNode> params(PipelineDefinition pipeline, Map<String, JsonNode> given) {
    for (var name : given.keySet()) {
      if (!pipeline.params().containsKey(name)) {
        throw new InvalidInput(
            "pipeline %s has no parameter \"%s\"%s"
                .formatted(
                    pipeline.name(), name, Names.suggestion(name, pipeline.params().keySet())));
      }
    }
    var values = new LinkedHashMap<String, JsonNode>();
    for (var param : pipeline.params().values()) {
      @Nullable JsonNode value = given.get(param.name());
      if (value != null) values.put(param.name(), param.type().read(param.name(), value));
      else if (param.otherwise() != null) values.put(param.name(), param.otherwise());
      else
        throw new InvalidInput(
            "parameter \"%s\" (%s) of pipeline %s has no default; give it, as --param %s=VALUE"
                .formatted(param.name(), param.type().text(), pipeline.name(), param.name()));
    }
    return values;
  }

  public PipelineRun run(String id) {
    var found = engine.database.read(s -> run(s, id));
    return found.state().isFinal()
        ? found
        : found.with(found.steps().stream().map(step -> waiting(id, step)).toList());
  }

  /** With what it waits for, which is known here only. */
  private StepRun waiting(String run, StepRun step) {
    return engine
        .capacity
        .missing(Capacity.who(run, step.name()))
        .map(step::waitingFor)
        .orElse(step);
  }

  /** A step of a run, or an instance of one. */
  public StepRun step(String id, String name) {
    return waiting(id, engine.database.read(s -> step(s, id, name)));
  }

  private StepRun step(Snapshot s, String id, String name) {
    requireRun(s, id);
    return engine
        .steps
        .find(s, id, name)
        .orElseThrow(() -> new NotFound("step of run " + id, name));
  }

  private void requireRun(Snapshot s, String id) {
    if (engine.runs.state(s, id).isEmpty()) throw new NotFound("pipeline run", id);
  }

  /**
   * The instances of a step after that index, in their order.
   *
   * @param state those in that state only; null for all
   */
  public List<StepRun> instances(
      String id, String step, @Nullable StepState state, int after, int most) {
    return engine.database.read(s -> {
      step(s, id, step);
      return engine
          .instances
          .names(s, id, step, state, after, Math.min(most, MOST_INSTANCES))
          .stream()
          .map(name -> waiting(id, step(s, id, name)))
          .toList();
    });
  }

  private PipelineRun run(Snapshot s, String id) {
    return engine.runs.find(s, id).orElseThrow(() -> new NotFound("pipeline run", id));
  }

  /** The last 200 runs of a pipeline, the newest first. */
  public List<PipelineRun> runs(String pipeline) {
    return engine.database.read(s -> {
      var runs = engine.runs.list(s, pipeline, MOST_RUNS);
      if (runs.isEmpty()) row(s, pipeline);
      return runs;
    });
  }

  /**
   * Stops a run: its steps are told, and end as cancelled soon after; then its finally steps run.
   * One that waits in line ends at once. Conflict if it has ended.
   */
  public PipelineRun cancel(String id) {
    if (live.cancelQueued(id)) return run(id);
    engine.database.writing(tx -> engine.runs.cancelling(tx, id));
    var row =
        engine
            .database
            .read(s -> engine.runs.row(s, id))
            .orElseThrow(() -> new NotFound("pipeline run", id));
    // What is written counts: a run leaves the live ones a moment after its end is there to read.
    if (row.state().isFinal())
      throw new Conflict("run %s has already ended: %s".formatted(id, row.state().text()));
    live.cancelled(id);
    return run(id);
  }

  /** No new step of the run starts until it is resumed; those at work end. Survives a restart. */
  public PipelineRun pause(String id) {
    resumption.pause(id);
    return run(id);
  }

  /**
   * Makes a paused run go on, or one that failed, was cancelled or interrupted: what succeeded
   * stays, all else waits again.
   *
   * @param from a step that is done again with all that depends on it, whatever they came to
   * @param edited whether to take the pipeline's newest definition: steps that it changes, and what
   *     depends on them, are done again
   */
  public PipelineRun resume(String id, @Nullable String from, boolean edited) {
    requireRoom();
    resumption.resume(id, from, edited);
    return run(id);
  }

  /** What steps take while they work, and how much of it is free. */
  public Capacity.Shown capacity() {
    return engine.capacity.shown();
  }

  /** The decisions that steps wait for, the oldest first; 1,000 at most. */
  public List<Approval> approvals() {
    return engine.approvals.waiting();
  }

  /**
   * Decides what a step waits for; durable with its trace in the graph when this returns. NotFound
   * where the step asks nothing, Conflict where it was decided before.
   *
   * @param by who decides
   */
  public Approval decide(String run, String step, boolean approved, String by, String comment) {
    return engine.approvals.decide(run, step, approved, by, comment);
  }

  /** What happened after the event of that number. */
  public RunEvents events(String id, long after) {
    return engine.database.read(s -> events(s, id, after));
  }

  private RunEvents events(Snapshot s, String id, long after) {
    var state = engine.runs.state(s, id).orElseThrow(() -> new NotFound("pipeline run", id));
    return new RunEvents(engine.events.list(s, id, after, MOST_EVENTS), state);
  }

  /** As events; where there are none yet and the run goes on, waits for one, at most that long. */
  public RunEvents events(String id, long after, Duration wait) {
    long deadline =
        System.nanoTime() + (wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait).toNanos();
    while (true) {
      var signal = engine.signals.next(id);
      RunEvents found;
      try {
        found = events(id, after);
      } catch (NotFound e) {
        engine.signals.happened(id);
        throw e;
      }
      long left = deadline - System.nanoTime();
      boolean isOver = found.state().isFinal() || live.isClosing();
      if (isOver) engine.signals.happened(id);
      if (isOver
          || !found.events().isEmpty()
          || left <= 0
          || Thread.currentThread().isInterrupted()) return found;
      Signals.await(signal, Duration.ofNanos(left));
    }
  }

  /** What the last attempt of a step logged so far; empty if it wrote nothing. */
  public String log(String id, String step) {
    return log(id, step, 0);
  }

  /**
   * What an attempt of a step logged so far; empty if it wrote nothing.
   *
   * @param attempt its number, or 0 for the last one
   */
  public String log(String id, String step, int attempt) {
    var found = step(id, step);
    int last = found.attempts().isEmpty() ? 1 : found.attempts().getLast().number();
    if (attempt > last || attempt < 0)
      throw new NotFound(
          "step %s has no attempt %d; its last is %d".formatted(step, attempt, last));
    var file = engine.log(id, step, attempt == 0 ? last : attempt);
    try {
      return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the run has ended; at most that long. */
  public PipelineRun await(String id, Duration longest) {
    long deadline = System.nanoTime() + longest.toNanos();
    live.await(id, longest);
    while (true) {
      var signal = engine.signals.next(id);
      var run = run(id);
      long left = deadline - System.nanoTime();
      if (run.state().isFinal()
          || live.isClosing()
          || left <= 0
          || Thread.currentThread().isInterrupted()) {
        engine.signals.happened(id);
        return run;
      }
      Signals.await(signal, Duration.ofNanos(left));
    }
  }

  /** Stops every step and waits for them; their runs go on when the next engine takes them up. */
  @Override
  public void close() {
    live.close();
  }
}
