package io.millrace.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.base.Unsupported;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The projects of this server, made by their files. Thread-safe. */
public final class Definitions {
  /** Files that other definitions name; they have no meaning alone. */
  private static final Set<String> PLAIN_FOLDERS = Set.of("queries", "contracts");

  private static final Set<String> LATER_FOLDERS =
      Set.of("features", "endpoints", "datasets", "pipelines");

  private final Database database;
  private final Metadata metadata;
  private final List<Kind> kinds;
  private final Clock clock;
  private final ProjectStore store = new ProjectStore();
  private Foresight foresight = Foresight.NONE;

  public Definitions(Database database, Metadata metadata, List<Kind> kinds, Clock clock) {
    this.database = database;
    this.metadata = metadata;
    this.kinds = List.copyOf(kinds);
    this.clock = clock;
  }

  /**
   * The files under the project's name as its millrace.yaml gives it; InvalidInput if another was
   * expected.
   */
  public ProjectFiles files(
      @Nullable String expected,
      SortedMap<String, String> texts,
      SortedMap<String, SortedMap<String, Digest>> sources,
      @Nullable Instant asOf) {
    var name = Project.parse(texts).name();
    if (expected != null && !expected.equals(name))
      throw new InvalidInput(
          "project", expected, "\"%s\", the name in %s".formatted(name, Project.FILE));
    return new ProjectFiles(name, texts, sources, asOf);
  }

  public List<Project> projects() {
    return database.read(store::list);
  }

  /**
   * What apply would change. Changes nothing; refuses what apply would refuse in the files
   * themselves.
   */
  public List<Change> plan(ProjectFiles files) {
    var project = check(files);
    var plans = plans(files);
    return database.read(s -> changes(s, project, files, plans));
  }

  /** Says who is asked what a plan would bring about. */
  public void askForForesight(Foresight asked) {
    foresight = asked;
  }

  /** What {@link Foresight} says of files that {@link #plan} does not refuse. */
  public ObjectNode foresee(ProjectFiles files) {
    return foresight.foresee(files);
  }

  /** Makes the server's definitions what the files say, all or nothing; returns what changed. */
  public List<Change> apply(ProjectFiles files) {
    var project = check(files);
    var plans = plans(files);
    var prepared = new ArrayList<Consumer<Transaction>>();
    try {
      for (var kind : kinds) prepared.add(kind.prepare(files));
      return apply(project, files, plans, prepared);
    } catch (RuntimeException | Error e) {
      for (var change : prepared) giveUp(change);
      throw e;
    }
  }

  private static void giveUp(Consumer<Transaction> prepared) {
    if (!(prepared instanceof AutoCloseable closeable)) return;
    try {
      closeable.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Change> apply(
      Project project,
      ProjectFiles files,
      List<Function<Snapshot, List<Change>>> plans,
      List<Consumer<Transaction>> prepared) {
    return database.write(tx -> {
      var changes = changes(tx, project, files, plans);
      store.replace(tx, project, clock.instant());
      store.replaceTexts(tx, project.name(), files.texts());
      // The last kind first, so that triggers stand before what the same files let them wait for.
      prepared.reversed().forEach(change -> change.accept(tx));
      if (changes.stream().anyMatch(c -> c.action() != Change.Action.UNCHANGED)) record(tx, files);
      return changes;
    });
  }

  /**
   * Of each definition that needs data files: the file or folder in the project that is to be
   * uploaded.
   */
  public Map<String, String> sources(ProjectFiles files) {
    check(files);
    var sources = new TreeMap<String, String>();
    for (var kind : kinds) sources.putAll(kind.sources(files));
    return sources;
  }

  /** Patterns for the texts of the project, beside its definitions, that definitions name. */
  public Set<String> patterns(ProjectFiles files) {
    check(files);
    var patterns = new TreeSet<String>();
    for (var kind : kinds) patterns.addAll(kind.patterns(files));
    return patterns;
  }

  private List<Function<Snapshot, List<Change>>> plans(ProjectFiles files) {
    var plans = new ArrayList<Function<Snapshot, List<Change>>>();
    for (var kind : kinds) plans.add(kind.plan(files));
    return plans;
  }

  private List<Change> changes(
      Snapshot s,
      Project project,
      ProjectFiles files,
      List<Function<Snapshot, List<Change>>> plans) {
    var changes = new ArrayList<Change>();
    changes.add(projectChange(s, project, files));
    for (var plan : plans) changes.addAll(plan.apply(s));
    return List.copyOf(changes);
  }

  private Change projectChange(Snapshot s, Project project, ProjectFiles files) {
    var before = store.find(s, project.name());
    if (before.isEmpty())
      return new Change(
          "project",
          project.name(),
          Change.Action.CREATE,
          "%d files".formatted(files.texts().size()));
    var changed = changedFiles(store.texts(s, project.name()), files.texts());
    if (changed.isEmpty())
      return new Change("project", project.name(), Change.Action.UNCHANGED, "");
    return new Change(
        "project", project.name(), Change.Action.UPDATE, "changed: " + String.join(", ", changed));
  }

  private static List<String> changedFiles(Map<String, String> before, Map<String, String> now) {
    var paths = new HashSet<>(before.keySet());
    paths.addAll(now.keySet());
    return paths.stream()
        .filter(p -> !String.valueOf(before.get(p)).equals(String.valueOf(now.get(p))))
        .sorted()
        .toList();
  }

  private void record(Transaction tx, ProjectFiles files) {
    var execution = metadata.begin(tx, "apply", files.project(), Json.object());
    metadata.attach(tx, metadata.context(tx, "project", files.project()), execution);
    files
        .texts()
        .forEach((path, text) ->
            metadata.input(
                tx,
                execution,
                metadata.artifact(
                    tx, ArtifactType.DEFINITION, Digest.of(text), path, Json.object()),
                path));
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
  }

  private Project check(ProjectFiles files) {
    var project = Project.parse(files.texts());
    if (!project.name().equals(files.project()))
      throw new InvalidInput(
          "project",
          files.project(),
          "\"%s\", the name in %s".formatted(project.name(), Project.FILE));
    for (var path : files.texts().keySet()) checkPlace(path);
    return project;
  }

  /** A definition where nobody would read it is a mistake that must not pass unseen. */
  private void checkPlace(String path) {
    if (path.equals(Project.FILE)) return;
    int slash = path.indexOf('/');
    var folder = slash < 0 ? "" : path.substring(0, slash);
    if (PLAIN_FOLDERS.contains(folder)) return;
    boolean ours = kinds.stream().anyMatch(kind -> kind.folder().equals(folder));
    if (ours && path.endsWith(".yml")) {
      throw new InvalidInput(
          "%s: definitions end in .yaml; rename it to %s.yaml"
              .formatted(path, path.substring(0, path.length() - ".yml".length())));
    }
    if (ours || !path.endsWith(".yaml")) return;
    if (LATER_FOLDERS.contains(folder))
      throw new Unsupported(
          "%s: definitions in %s/ are known but not supported yet; move the file away"
              .formatted(path, folder));
    var folders = new TreeMap<String, String>();
    kinds.forEach(kind -> folders.put(kind.folder(), ""));
    PLAIN_FOLDERS.forEach(plain -> folders.put(plain, ""));
    throw new InvalidInput(
        "%s: no definition lies here; expected %s or a file in %s/"
            .formatted(path, Project.FILE, String.join("/, ", folders.keySet())));
  }
}
