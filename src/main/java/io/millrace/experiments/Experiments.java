package io.millrace.experiments;

import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.Metadata;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Experiments, in which runs are. Thread-safe. */
public final class Experiments {
  static final String CONTEXT = "experiment";

  private final Metadata metadata;
  private final Clock clock;
  private final ExperimentStore store = new ExperimentStore();

  public Experiments(Database database, Metadata metadata, Clock clock) {
    this.metadata = metadata;
    this.clock = clock;
    database.writing(tx -> store.insertDefault(tx, clock.instant()));
  }

  /**
   * Makes an experiment.
   *
   * @param artifacts the root of its runs' files, kept as it is; null for one of this server's
   */
  public Experiment create(
      Transaction tx,
      String name,
      String folder,
      @Nullable String artifacts,
      Map<String, String> tags) {
    return create(tx, name, folder, artifacts, tags, clock.instant());
  }

  /** Takes over an experiment that was made elsewhere, at that time. */
  public Experiment adopt(Transaction tx, String name, Map<String, String> tags, Instant madeAt) {
    return create(tx, name, "", null, tags, madeAt);
  }

  private Experiment create(
      Transaction tx,
      String name,
      String folder,
      @Nullable String artifacts,
      Map<String, String> tags,
      Instant at) {
    Limit.experimentName(name);
    var standing = store.find(tx, name);
    if (standing.isPresent())
      throw new Conflict(
          "Experiment(name=%s) already exists%s."
              .formatted(
                  name,
                  standing.get().isActive()
                      ? ""
                      : ", in the deleted state: restore it, or delete it for good first"));
    tags.forEach(Limit::experimentTag);
    long id =
        store.insert(
            tx, name, folder, artifacts == null ? "mlflow-artifacts:/{id}" : artifacts, at);
    store.replaceTags(tx, id, tags, at);
    metadata.context(tx, CONTEXT, String.valueOf(id));
    return experiment(tx, id);
  }

  public Experiment experiment(Snapshot s, long id) {
    return store
        .find(s, id)
        .orElseThrow(() -> new NotFound("No Experiment with id=%d exists".formatted(id)));
  }

  public Optional<Experiment> find(Snapshot s, String name) {
    return store.find(s, name);
  }

  /** By name, or by id where no name is so. */
  public Experiment named(Snapshot s, String text) {
    return find(s, text)
        .or(() ->
            text.matches("\\d{1,18}") ? store.find(s, Long.parseLong(text)) : Optional.empty())
        .orElseThrow(() ->
            new NotFound(
                "no experiment \"%s\"%s"
                    .formatted(
                        text,
                        Names.suggestion(text, list(s).stream().map(Experiment::name).toList()))));
  }

  /** The active ones by name; the first 50,000. */
  public List<Experiment> list(Snapshot s) {
    return store.list(
        s, new SqlSearch().where("e.lifecycle = 'ACTIVE'").orderBy("e.name").sql("", 50_000, 0));
  }

  public List<Experiment> search(Snapshot s, ExperimentQuery query) {
    return store.list(s, query.sql());
  }

  public void rename(Transaction tx, long id, String name) {
    Limit.experimentName(name);
    var experiment = experiment(tx, id);
    requireActive(experiment);
    if (experiment.name().equals(name)) return;
    if (find(tx, name).isPresent())
      throw new Conflict("Experiment(name=%s) already exists.".formatted(name));
    store.replaceName(tx, id, name, clock.instant());
  }

  /** Lists the experiment in that folder: names separated by '/', or empty for none. */
  public void moveToFolder(Transaction tx, long id, String folder) {
    requireActive(experiment(tx, id));
    if (!folder.isEmpty()) Limit.key(folder, "folder");
    store.replaceFolder(tx, id, folder, clock.instant());
  }

  /** Deletes the experiment and its runs, so that restore brings them back. */
  public void delete(Transaction tx, long id) {
    if (!experiment(tx, id).isActive())
      throw new NotFound("No Experiment with id=%d exists".formatted(id));
    store.replaceLifecycle(tx, id, Lifecycle.DELETED, clock.instant());
  }

  public void restore(Transaction tx, long id) {
    if (experiment(tx, id).isActive())
      throw new NotFound("No deleted Experiment with id=%d exists: it is active".formatted(id));
    store.replaceLifecycle(tx, id, Lifecycle.ACTIVE, clock.instant());
  }

  public void setTags(Transaction tx, long id, Map<String, String> tags) {
    requireActive(experiment(tx, id));
    tags.forEach(Limit::experimentTag);
    store.replaceTags(tx, id, tags, clock.instant());
  }

  public void deleteTag(Transaction tx, long id, String key) {
    requireActive(experiment(tx, id));
    if (!store.deleteTag(tx, id, key))
      throw new NotFound("No tag with name: %s in experiment with id %d".formatted(key, id));
  }

  static void requireActive(Experiment experiment) {
    if (!experiment.isActive())
      throw new InvalidInput(
          "The experiment %d must be in the 'active' state. Current state is deleted."
              .formatted(experiment.id()));
  }

  /** Takes away all that is known of an experiment that has no runs any more. */
  void remove(Transaction tx, long id) {
    store.delete(tx, List.of(id));
  }
}
