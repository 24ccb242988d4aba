package io.millrace.serving.files;

import io.millrace.base.Conflict;
import io.millrace.base.Failure;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.serving.Declared;
import io.millrace.serving.Deployment;
import io.millrace.serving.EndpointFile;
import io.millrace.serving.EndpointFiles;
import io.millrace.serving.EndpointName;
import io.millrace.serving.predictions.Predictions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The files {@code endpoints/*.yaml}. An endpoint whose file is gone goes on answering as it does,
 * and may be changed by hand again.
 */
public final class EndpointKind implements Kind {
  private final Declared.Tools tools;
  private final ModelRegistry registry;
  private final Predictions predictions;
  private final EndpointFiles owned = new EndpointFiles();

  public EndpointKind(Declared.Tools tools, ModelRegistry registry, Predictions predictions) {
    this.tools = tools;
    this.registry = registry;
    this.predictions = predictions;
  }

  @Override
  public String folder() {
    return EndpointDefinition.FOLDER;
  }

  private static TreeMap<EndpointName, EndpointDefinition> parse(ProjectFiles files) {
    var parsed = new TreeMap<EndpointName, EndpointDefinition>();
    files
        .texts()
        .forEach((path, text) -> {
          if (!EndpointDefinition.isOne(path)) return;
          var definition = EndpointDefinition.parse(path, text);
          parsed.put(definition.name(), definition);
        });
    return parsed;
  }

  @Override
  public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
    var parsed = parse(files);
    return s -> {
      var changes = new ArrayList<Change>();
      parsed.values().forEach(definition -> changes.add(change(s, files.project(), definition)));
      for (var gone : owned.list(s, files.project()))
        if (!parsed.containsKey(gone.endpoint()))
          changes.add(
              new Change(
                  "endpoint",
                  gone.endpoint().value(),
                  Change.Action.DELETE,
                  "its file %s is gone: it belongs to the project no longer, and goes on answering as it does"
                      .formatted(gone.path())));
      return changes;
    };
  }

  private Change change(Snapshot s, String project, EndpointDefinition definition) {
    var name = definition.name();
    var before = owner(s, project, name);
    var serves = tools.endpoints().deployment(s, name);
    var target = target(s, definition, serves);
    var parts = new ArrayList<String>();
    target.ifPresent(to ->
        parts.add(
            serves
                .map(from -> "serves %s -> %s".formatted(from.version(), to.id()))
                .orElseGet(() -> "serves " + to.id())));
    parts.addAll(
        Differences.of(tools.endpoints().settings(s, name).json(), definition.usual().json(), ""));
    parts.addAll(
        Differences.of(
            Differences.tree(predictions.settings(s, name)),
            Differences.tree(definition.log()),
            "log."));
    tools.endpoints().newerFeatures(s, name).ifPresent(newer -> parts.add("features " + newer));
    before
        .filter(file -> !Objects.equals(file.model(), definition.model()))
        .ifPresent(file ->
            parts.add("model %s -> %s".formatted(said(file.model()), said(definition.model()))));
    if (before.isEmpty() && serves.isPresent())
      parts.add("the project's file says from now on how it answers");
    boolean same = before.isPresent() && parts.isEmpty();
    if (serves.isPresent() && !same)
      parts.add(
          "%,d requests since the server started"
              .formatted(tools.endpoints().statistics(serves.get()).inferences()));
    if (serves.isEmpty() && target.isEmpty())
      parts.add("serves nothing yet: " + why(s, definition));
    var action =
        same
            ? Change.Action.UNCHANGED
            : before.isEmpty() && serves.isEmpty() ? Change.Action.CREATE : Change.Action.UPDATE;
    return new Change("endpoint", name.value(), action, String.join("; ", parts));
  }

  private static String said(@Nullable String model) {
    return model == null ? "any" : model;
  }

  private String why(Snapshot s, EndpointDefinition definition) {
    if (tools.endpoints().lacksFeatures(s, definition.usual()))
      return "the dataset of its features is not there; apply once more when it is";
    return definition.model() == null
        ? "its file names no model, so the first deployment decides"
        : "there is no %s to deploy; a deployment, or apply once it is there, begins"
            .formatted(definition.model());
  }

  /** Conflict if another project has it. */
  private Optional<EndpointFile> owner(Snapshot s, String project, EndpointName name) {
    var file = owned.find(s, name);
    if (file.isPresent() && !file.get().project().equals(project))
      throw new Conflict(
          "endpoint \"%s\" belongs to the project \"%s\"; names are unique in a server, so give this one another"
              .formatted(name, file.get().project()));
    return file;
  }

  /** The version that apply puts in service; empty if what serves stays, or nothing can yet. */
  private Optional<ModelVersion> target(
      Snapshot s, EndpointDefinition definition, Optional<Deployment> serves) {
    var model = definition.model();
    if (model == null) return Optional.empty();
    var file = definition.file("");
    if (serves.isPresent() && file.allows(serves.get().version())) return Optional.empty();
    if (serves.isEmpty() && tools.endpoints().lacksFeatures(s, definition.usual()))
      return Optional.empty();
    try {
      return Optional.of(registry.resolve(s, model));
    } catch (NotFound e) {
      if (file.pin().isEmpty() && serves.isEmpty()) return Optional.empty();
      throw definition.aboutModel(
          serves
              .map(now ->
                  "%s; endpoint %s serves %s until this names a version that is there"
                      .formatted(e.getMessage(), now.endpoint(), now.version()))
              .orElseGet(() -> String.valueOf(e.getMessage())));
    }
  }

  /** What is ready to be written; closed if it is not. */
  private final class Ready implements Consumer<Transaction>, AutoCloseable {
    private final ProjectFiles files;
    private final TreeMap<EndpointName, EndpointDefinition> parsed;
    private final TreeMap<EndpointName, Declared> declared = new TreeMap<>();

    Ready(ProjectFiles files) {
      this.files = files;
      this.parsed = parse(files);
      try {
        parsed.forEach((name, definition) -> declared.put(name, declare(definition)));
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    private Declared declare(EndpointDefinition definition) {
      record Standing(Optional<Deployment> serves, Optional<ModelVersion> target) {}
      var name = definition.name();
      var standing =
          tools
              .database()
              .read(s -> {
                owner(s, files.project(), name);
                var serves = tools.endpoints().deployment(s, name);
                return new Standing(serves, target(s, definition, serves));
              });
      var target = standing.target().orElse(null);
      try {
        return Declared.prepare(tools, name, definition.settings(), target);
      } catch (Failure e) {
        throw definition.aboutModel(
            "endpoint %s cannot answer so: %s; nothing was applied, and %s"
                .formatted(
                    name,
                    e.getMessage(),
                    standing
                        .serves()
                        .map(now -> now.version() + " goes on serving")
                        .orElse("it serves nothing")));
      }
    }

    @Override
    public void accept(Transaction tx) {
      for (var gone : owned.list(tx, files.project()))
        if (!parsed.containsKey(gone.endpoint())) owned.release(tx, gone.endpoint());
      parsed.forEach((name, definition) -> {
        owner(tx, files.project(), name);
        owned.put(tx, definition.file(files.project()));
        Objects.requireNonNull(declared.get(name)).apply(tx);
        if (!predictions.settings(tx, name).equals(definition.log()))
          predictions.set(tx, name, definition.log());
      });
    }

    @Override
    public void close() {
      declared.values().forEach(Declared::close);
    }
  }

  @Override
  public Consumer<Transaction> prepare(ProjectFiles files) {
    return new Ready(files);
  }
}
