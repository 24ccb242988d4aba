package io.millrace.data;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The files of datasets/: each makes a dataset, and a version of it when the data changed. */
public final class DatasetKind implements Kind {
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
  public List<Change> plan(Snapshot snapshot, ProjectFiles files) {
    var changes = new ArrayList<Change>();
    parse(files)
        .forEach((path, definition) ->
            changes.add(change(snapshot, definition, data(files, path, definition), files, path)));
    return changes;
  }

  private Change change(
      Snapshot s,
      DatasetDefinition definition,
      SortedMap<String, Digest> data,
      ProjectFiles files,
      String path) {
    var name = definition.name();
    var owned = datasets.store().findOwned(s, name);
    if (owned.isEmpty())
      return new Change("dataset", name, Change.Action.CREATE, "%,d files".formatted(data.size()));
    checkOwner(files.project(), name, owned.get());
    if (!datasets.isCurrent(s, name, data, definition.options()))
      return new Change(
          "dataset", name, Change.Action.UPDATE, "its data or how it is read changed");
    if (!files.texts().getOrDefault(path, "").equals(owned.get().definition()))
      return new Change(
          "dataset", name, Change.Action.UPDATE, "its definition changed, its data did not");
    return new Change("dataset", name, Change.Action.UNCHANGED, "");
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
    parse(files)
        .forEach((path, definition) -> {
          var data = data(files, path, definition);
          var text = files.texts().getOrDefault(path, "");
          datasets
              .database()
              .read(s -> datasets.store().findOwned(s, definition.name()))
              .ifPresent(o -> checkOwner(files.project(), definition.name(), o));
          if (!isDone(definition, data, files.project(), text))
            steps.add(prepare(definition, data, files.project(), text));
        });
    return tx -> steps.forEach(step -> step.accept(tx));
  }

  private boolean isDone(
      DatasetDefinition definition, SortedMap<String, Digest> data, String project, String text) {
    return datasets
        .database()
        .read(s -> {
          var owned = datasets.store().findOwned(s, definition.name());
          return owned.isPresent()
              && project.equals(owned.get().project())
              && text.equals(owned.get().definition())
              && datasets.isCurrent(s, definition.name(), data, definition.options());
        });
  }

  private Consumer<Transaction> prepare(
      DatasetDefinition definition, SortedMap<String, Digest> data, String project, String text) {
    Datasets.Prepared prepared;
    try {
      prepared = datasets.prepare(definition.name(), data, definition.options());
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s".formatted(definition.root().file(), e.getMessage()));
    }
    var warnings = validate(definition, prepared);
    return tx -> {
      datasets.publish(tx, prepared, warnings);
      datasets
          .store()
          .replaceOwned(tx, definition.name(), project, text, datasets.clock().instant());
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
