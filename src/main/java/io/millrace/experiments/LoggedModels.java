package io.millrace.experiments;

import io.millrace.base.Conflict;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.experiments.LoggedModel.Contents;
import io.millrace.experiments.LoggedModel.ModelMetric;
import io.millrace.experiments.LoggedModel.Standing;
import io.millrace.experiments.LoggedModel.Status;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Metadata;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Models as runs log them, before they have a name in the registry. Thread-safe. */
public final class LoggedModels {
  private static final String UNFIT = "/:.%\"'";

  private final Experiments experiments;
  private final Metadata metadata;
  private final Clock clock;
  private final Ids ids;
  private final LoggedModelStore store;

  public LoggedModels(Experiments experiments, Runs runs, Metadata metadata, Clock clock) {
    this.experiments = experiments;
    this.metadata = metadata;
    this.clock = clock;
    this.ids = new Ids(clock);
    this.store = runs.models();
  }

  static ArtifactId artifact(Transaction tx, Metadata metadata, String model) {
    return metadata.artifact(tx, ArtifactType.LOGGED_MODEL, null, model, Json.object());
  }

  /**
   * Notes a model that is about to be uploaded.
   *
   * @param name may be empty: then one is made up
   * @param run the run that logs it, or null
   */
  public LoggedModel create(
      Transaction tx,
      long experiment,
      String name,
      String type,
      @Nullable String run,
      Map<String, String> params,
      Map<String, String> tags) {
    var home = experiments.experiment(tx, experiment);
    if (!home.isActive())
      throw new InvalidInput(
          "The experiment %d must be in the 'active' state. Current state is deleted."
              .formatted(experiment));
    var id = "m-" + ids.next();
    var called = name.isEmpty() ? RunNames.made(id) : name;
    if (called.chars().anyMatch(c -> UNFIT.indexOf(c) >= 0))
      throw new InvalidInput(
          "Invalid model name (%s) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%%', '\"', \"'\")"
              .formatted(called));
    var now = clock.instant();
    var model =
        new LoggedModel(
            id,
            experiment,
            called,
            type,
            run == null ? "" : run,
            new Standing(Status.LOGGED_MODEL_PENDING, null, now, now, false),
            root(home, id),
            new Contents(new TreeMap<>(params), new TreeMap<>(tags), List.of()));
    store.insert(tx, model);
    artifact(tx, metadata, id);
    return model;
  }

  /** Where the files of a model of that experiment lie. */
  public static String root(Experiment home, String id) {
    return home.artifacts() + "/models/" + id + "/artifacts";
  }

  /** Takes over a model that was logged elsewhere, as it stands there. */
  public void adopt(Transaction tx, LoggedModel model) {
    if (store.find(tx, model.id()).isPresent())
      throw new Conflict("logged model %s is there already".formatted(model.id()));
    var standing = model.standing();
    store.insert(tx, model);
    artifact(tx, metadata, model.id());
    for (var metric : model.contents().metrics()) store.replaceMetric(tx, model.id(), metric);
    store.replaceStatus(
        tx, model.id(), standing.status(), standing.message(), standing.updatedAt());
    if (standing.deleted()) store.delete(tx, model.id(), standing.updatedAt());
  }

  public Optional<LoggedModel> find(Snapshot s, String id) {
    return store.find(s, id);
  }

  public LoggedModel model(Snapshot s, String id, boolean allowDeleted) {
    return store
        .find(s, id)
        .filter(m -> allowDeleted || !m.standing().deleted())
        .orElseThrow(() -> new NotFound("Logged model with ID '%s' not found.".formatted(id)));
  }

  /** Says that its files are there, or that they will not be. */
  public LoggedModel end(Transaction tx, String id, Status status, @Nullable String message) {
    model(tx, id, false);
    store.replaceStatus(tx, id, status, message, clock.instant());
    return model(tx, id, false);
  }

  public void delete(Transaction tx, String id) {
    model(tx, id, false);
    store.delete(tx, id, clock.instant());
  }

  public LoggedModel setTags(Transaction tx, String id, Map<String, String> tags) {
    model(tx, id, false);
    store.replacePairs(tx, "tag", id, tags);
    return model(tx, id, false);
  }

  public void deleteTag(Transaction tx, String id, String key) {
    model(tx, id, false);
    if (!store.deleteTag(tx, id, key))
      throw new NotFound("No tag with key '%s' found for model with ID '%s'.".formatted(key, id));
  }

  public void addParams(Transaction tx, String id, Map<String, String> params) {
    var model = model(tx, id, false);
    params.forEach((key, value) -> {
      @Nullable String before = model.contents().params().get(key);
      if (before != null && !before.equals(value))
        throw new InvalidInput(
            "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for model ID='%s'. Attempted logging new value '%s'."
                .formatted(key, before, id, value));
    });
    store.replacePairs(tx, "param", id, params);
  }

  /** Notes a metric of the model; its last value on each dataset is kept. */
  public void log(Transaction tx, String id, ModelMetric metric) {
    model(tx, id, false);
    store.replaceMetric(tx, id, metric);
  }

  public List<LoggedModel> search(Snapshot s, LoggedModelQuery query) {
    return store.list(s, query.sql());
  }
}
