package io.millrace.data;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import io.millrace.pipelines.ChangingData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** The files of datasets/: each makes a dataset, and a version of it when the data changed. */
public final class DatasetKind implements Kind, ChangingData {
  private final Datasets datasets;

  public DatasetKind(Datasets datasets) {
    this.datasets = datasets;
  }

  @Override
  public String folder() {
    return "datasets";
  }

  private static SortedMap<String, DatasetDefinition> parse(ProjectFiles files) {
    var result = new TreeMap<String, DatasetDefinition>();
    files
        .texts()
        .forEach((path, text) -> {
          if (path.startsWith("datasets/") && path.endsWith(".yaml"))
            result.put(path, DatasetDefinition.parse(path, text));
        });
    return result;
  }

  @Override
  public Map<String, String> sources(ProjectFiles files) {
    var result = new TreeMap<String, String>();
    parse(files).forEach((path, definition) -> result.put(path, definition.source()));
    return result;
  }

  @Override
  public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
    var plans = new ArrayList<Function<Snapshot, Change>>();
    var names = new HashSet<String>();
    parse(files)
        .forEach((path, definition) -> {
          names.add(definition.name());
          plans.add(plan(definition, data(files, path, definition), files, path));
        });
    return s -> {
      var changes = new ArrayList<Change>();
      plans.forEach(plan -> changes.add(plan.apply(s)));
      gone(s, files.project(), names)
          .forEach(name ->
              changes.add(
                  new Change(
                      "dataset",
                      name,
                      Change.Action.DELETE,
                      "its file datasets/%s.yaml is gone: it belongs to the project no longer; its versions stay"
                          .formatted(name))));
      return changes;
    };
  }

  /** The datasets of a project that its files name no longer. */
  private List<String> gone(Snapshot s, String project, Set<String> names) {
    return datasets.store().owned(s, project).stream()
        .filter(name -> !names.contains(name))
        .toList();
  }

  private Function<Snapshot, Change> plan(
      DatasetDefinition definition,
      SortedMap<String, Digest> data,
      ProjectFiles files,
      String path) {
    var name = definition.name();
    var source = Datasets.source(data, definition.options());
    return s -> {
      var owned = datasets.store().findOwned(s, name);
      if (owned.isEmpty())
        return new Change(
            "dataset", name, Change.Action.CREATE, "%,d files".formatted(data.size()));
      checkOwner(files.project(), name, owned.get());
      if (!datasets.isCurrent(s, name, source))
        return new Change(
            "dataset", name, Change.Action.UPDATE, "its data or how it is read changed");
      if (!files.texts().getOrDefault(path, "").equals(owned.get().definition()))
        return new Change(
            "dataset", name, Change.Action.UPDATE, "its definition changed, its data did not");
      return new Change("dataset", name, Change.Action.UNCHANGED, "");
    };
  }

  @Override
  public Map<String, Content> of(Snapshot s, ProjectFiles files) {
    var changing = new TreeMap<String, Content>();
    parse(files)
        .forEach((path, definition) -> {
          var name = definition.name();
          var source = Datasets.source(data(files, path, definition), definition.options());
          if (datasets.isCurrent(s, name, source)) return;
          var now = datasets.current(s, name).map(DatasetVersion::digest).orElse(null);
          var after =
              datasets
                  .store()
                  .findBySource(s, name, source)
                  .map(DatasetVersion::digest)
                  .orElse(null);
          if (after == null || !after.equals(now)) changing.put(name, new Content(now, after));
        });
    return changing;
  }

  private static void checkOwner(String project, String name, DatasetStore.Owned owned) {
    if (owned.project() != null && !owned.project().equals(project)) {
      throw new Conflict(
          "dataset \"%s\" belongs to the project \"%s\"; names are unique in a server, so give this one another"
              .formatted(name, owned.project()));
    }
  }

  private static SortedMap<String, Digest> data(
      ProjectFiles files, String path, DatasetDefinition definition) {
    var data = files.sources().get(path);
    if (data == null || data.isEmpty()) {
      throw definition
          .root()
          .key("source")
          .invalid(
              "source: no data file was found at \"%s\" in the project"
                  .formatted(definition.source()));
    }
    return data;
  }

  @Override
  public Consumer<Transaction> prepare(ProjectFiles files) {
    var steps = new ArrayList<Consumer<Transaction>>();
    var names = new HashSet<String>();
    parse(files)
        .forEach((path, definition) -> {
          var name = definition.name();
          names.add(name);
          var data = data(files, path, definition);
          var text = files.texts().getOrDefault(path, "");
          datasets.database().read(s -> checkOwner(s, files.project(), name));
          steps.add(tx -> checkOwner(tx, files.project(), name));
          if (!isDone(definition, data, files.project(), text))
            steps.add(prepare(definition, data, files, text));
        });
    return tx -> {
      steps.forEach(step -> step.accept(tx));
      var now = datasets.clock().instant();
      gone(tx, files.project(), names).forEach(name -> datasets.store().release(tx, name, now));
    };
  }

  private boolean checkOwner(Snapshot s, String project, String name) {
    datasets.store().findOwned(s, name).ifPresent(owned -> checkOwner(project, name, owned));
    return true;
  }

  private boolean isDone(
      DatasetDefinition definition, SortedMap<String, Digest> data, String project, String text) {
    var source = Datasets.source(data, definition.options());
    return datasets
        .database()
        .read(s -> {
          var owned = datasets.store().findOwned(s, definition.name());
          return owned.isPresent()
              && project.equals(owned.get().project())
              && text.equals(owned.get().definition())
              && datasets.isCurrent(s, definition.name(), source);
        });
  }

  private Consumer<Transaction> prepare(
      DatasetDefinition definition,
      SortedMap<String, Digest> data,
      ProjectFiles files,
      String text) {
    Datasets.Prepared prepared;
    try {
      prepared = datasets.prepare(definition.name(), data, definition.options());
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s".formatted(definition.root().file(), e.getMessage()));
    }
    var warnings = validate(definition, prepared);
    return tx -> {
      datasets.publish(tx, prepared, warnings, files.asOf());
      datasets
          .store()
          .replaceOwned(tx, definition.name(), files.project(), text, datasets.clock().instant());
    };
  }

  /** Refuses data that breaks a rule that stops; returns the broken rules that only warn. */
  private List<String> validate(DatasetDefinition definition, Datasets.Prepared prepared) {
    if (definition.contract().columns().isEmpty() && definition.contract().rules().isEmpty())
      return List.of();
    try (var engine = datasets.engine()) {
      ContractFile.checkRules(engine, definition.contract(), definition.root());
      var validation = definition.contract().validate(engine, datasets.relation(prepared.digest()));
      validation.stopIfBroken(definition.root().file() + ": dataset \"" + definition.name() + "\"");
      return validation.broken(OnFailure.WARN).stream().map(Finding::text).toList();
    }
  }
}
