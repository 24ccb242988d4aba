package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/** The files {@code pipelines/*.yaml}. A pipeline whose file is gone is deleted; its runs stay. */
final class PipelineKind implements Kind {
  private final Catalog catalog;
  private final Clock clock;
  private final PipelineStore store = new PipelineStore();
  private final TriggerStore triggers = new TriggerStore();

  PipelineKind(Catalog catalog, Clock clock) {
    this.catalog = catalog;
    this.clock = clock;
  }

  @Override
  public String folder() {
    return "pipelines";
  }

  @Override
  public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
    var parsed = parse(files);
    return snapshot -> changes(snapshot, files, parsed);
  }

  private List<Change> changes(
      Snapshot snapshot, ProjectFiles files, Map<String, PipelineDefinition> parsed) {
    var changes = new ArrayList<Change>();
    parsed.forEach((name, pipeline) -> changes.add(change(snapshot, files, pipeline)));
    for (var before : store.list(snapshot, files.project())) {
      if (!parsed.containsKey(before.name()))
        changes.add(
            new Change(
                "pipeline",
                before.name(),
                Change.Action.DELETE,
                "its file %s is gone; its runs stay".formatted(before.path())));
    }
    return changes;
  }

  private Change change(Snapshot snapshot, ProjectFiles files, PipelineDefinition pipeline) {
    var steps = "%d steps".formatted(pipeline.steps().size());
    var before = store.find(snapshot, pipeline.name());
    if (before.isEmpty())
      return new Change("pipeline", pipeline.name(), Change.Action.CREATE, steps);
    refuseOther(before.get(), files.project(), pipeline.path());
    boolean same =
        before.get().path().equals(pipeline.path())
            && before.get().digest().equals(digest(files, pipeline.path()));
    var used = pipeline.used();
    for (var row : store.list(snapshot, files.project()))
      if (row.digest().equals(digest(files, row.path()))) used.remove(row.path());
    return new Change(
        "pipeline",
        pipeline.name(),
        same && used.isEmpty() ? Change.Action.UNCHANGED : Change.Action.UPDATE,
        same && !used.isEmpty()
            ? "%s; it uses %s, which changes".formatted(steps, String.join(", ", used))
            : steps);
  }

  private static void refuseOther(PipelineStore.Row before, String project, String path) {
    if (before.project().equals(project)) return;
    throw new Conflict(
        "%s: the project %s has a pipeline named \"%s\" already (%s); names are unique in a server, choose another"
            .formatted(path, before.project(), before.name(), before.path()));
  }

  private static String digest(ProjectFiles files, String path) {
    return Digest.of(files.texts().getOrDefault(path, "")).hex();
  }

  @Override
  public Consumer<Transaction> prepare(ProjectFiles files) {
    var parsed = parse(files);
    parsed.values().forEach(pipeline -> PipelineChecker.checkAll(catalog, pipeline, files.texts()));
    return tx -> {
      for (var before : store.list(tx, files.project()))
        if (!parsed.containsKey(before.name())) {
          store.delete(tx, before.name());
          triggers.replace(tx, before.name(), List.of(), clock.instant());
        }
      for (var pipeline : parsed.values()) {
        store
            .find(tx, pipeline.name())
            .ifPresent(before -> refuseOther(before, files.project(), pipeline.path()));
        store.replace(
            tx,
            pipeline.name(),
            files.project(),
            pipeline.path(),
            files.texts().getOrDefault(pipeline.path(), ""),
            clock.instant());
        triggers.replace(tx, pipeline.name(), pipeline.triggers(), clock.instant());
      }
    };
  }

  @Override
  public Set<String> patterns(ProjectFiles files) {
    var patterns = new TreeSet<String>();
    files
        .texts()
        .forEach((path, text) -> {
          if (!isPipeline(path)) return;
          var pipeline = PipelineParser.parse(path, text);
          if (pipeline.test() != null) patterns.addAll(pipeline.test().files());
          for (var step : pipeline.steps().values())
            if (step.process() != null)
              step.process().files().forEach(pattern -> patterns.add(pattern.text()));
        });
    return patterns;
  }

  static boolean isPipeline(String path) {
    return path.startsWith("pipelines/") && path.endsWith(".yaml");
  }

  /** All pipelines of the project by name, checked. */
  private Map<String, PipelineDefinition> parse(ProjectFiles files) {
    var parsed = new LinkedHashMap<String, PipelineDefinition>();
    files
        .texts()
        .forEach((path, text) -> {
          if (!isPipeline(path)) return;
          var pipeline = Composition.read(path, files.texts());
          PipelineChecker.check(catalog, pipeline, files.texts());
          catalog.capacities().refuseUnfit(catalog, pipeline, files.texts());
          var other = parsed.put(pipeline.name(), pipeline);
          if (other != null)
            throw new InvalidInput(
                "%s: the pipeline name \"%s\" is taken by %s; choose another"
                    .formatted(path, pipeline.name(), other.path()));
        });
    return parsed;
  }
}
