package io.millrace.experiments;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Tables experiment and experiment_tag. */
final class ExperimentStore {

  /** Makes the row; the artifacts' root may hold {id}, which becomes the experiment's own. */
  long insert(Transaction tx, String name, String folder, String artifacts, Instant at) {
    long id =
        tx.query(
                """
                insert into experiment (name, folder, artifacts, lifecycle, created_at, updated_at)
                values (:name, :folder, :artifacts, 'ACTIVE', :at, :at) returning id
                """)
            .bind("name", name)
            .bind("folder", folder)
            .bind("artifacts", artifacts)
            .bind("at", at.toEpochMilli())
            .mapTo(Long.class)
            .one();
    if (artifacts.contains("{id}"))
      tx.update("update experiment set artifacts = :artifacts where id = :id")
          .bind("artifacts", artifacts.replace("{id}", String.valueOf(id)))
          .bind("id", id)
          .execute();
    return id;
  }

  void insertDefault(Transaction tx, Instant at) {
    tx.update(
            """
            insert into experiment (id, name, artifacts, lifecycle, created_at, updated_at)
            values (0, 'Default', 'mlflow-artifacts:/0', 'ACTIVE', :at, :at) on conflict do nothing
            """)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  Optional<Experiment> find(Snapshot s, long id) {
    return one(
        s,
        s.query("select * from experiment where id = :id")
            .bind("id", id)
            .map((r, _) -> row(r))
            .findOne());
  }

  Optional<Experiment> find(Snapshot s, String name) {
    return one(
        s,
        s.query("select * from experiment where name = :name")
            .bind("name", name)
            .map((r, _) -> row(r))
            .findOne());
  }

  private Optional<Experiment> one(Snapshot s, Optional<Experiment> found) {
    return found.map(e -> withTags(s, List.of(e)).getFirst());
  }

  List<Experiment> list(Snapshot s, SqlSearch.Sql sql) {
    return withTags(
        s,
        sql.bind(s.query("select e.* from experiment e " + sql.text()))
            .map((r, _) -> row(r))
            .list());
  }

  private static List<Experiment> withTags(Snapshot s, List<Experiment> experiments) {
    var tags = new HashMap<Long, SortedMap<String, String>>();
    s.query(
            "select experiment, key, value from experiment_tag where experiment in (%s)"
                .formatted(MetricStore.list(experiments.stream().map(Experiment::id).toList())))
        .map((row, _) ->
            tags.computeIfAbsent(row.getLong(1), _ -> new TreeMap<>())
                    .put(row.getString(2), row.getString(3))
                == null)
        .forEach(_ -> {});
    return experiments.stream()
        .map(e ->
            new Experiment(
                e.id(),
                e.name(),
                e.folder(),
                e.artifacts(),
                e.lifecycle(),
                e.createdAt(),
                e.updatedAt(),
                tags.getOrDefault(e.id(), new TreeMap<>())))
        .toList();
  }

  void replaceName(Transaction tx, long id, String name, Instant at) {
    tx.update("update experiment set name = :name, updated_at = :at where id = :id")
        .bind("id", id)
        .bind("name", name)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void replaceFolder(Transaction tx, long id, String folder, Instant at) {
    tx.update("update experiment set folder = :folder, updated_at = :at where id = :id")
        .bind("id", id)
        .bind("folder", folder)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** Moves the experiment and all its runs into that part of their lives. */
  void replaceLifecycle(Transaction tx, long id, Lifecycle lifecycle, Instant at) {
    tx.update("update experiment set lifecycle = :lifecycle, updated_at = :at where id = :id")
        .bind("id", id)
        .bind("lifecycle", lifecycle.name())
        .bind("at", at.toEpochMilli())
        .execute();
    tx.update("update run set lifecycle = :lifecycle where experiment = :id")
        .bind("id", id)
        .bind("lifecycle", lifecycle.name())
        .execute();
  }

  void replaceTags(Transaction tx, long id, Map<String, String> tags, Instant at) {
    tags.forEach((key, value) ->
        tx.update(
                """
                insert into experiment_tag (experiment, key, value) values (:id, :key, :value)
                on conflict (experiment, key) do update set value = excluded.value
                """)
            .bind("id", id)
            .bind("key", key)
            .bind("value", value)
            .execute());
    tx.update("update experiment set updated_at = :at where id = :id")
        .bind("id", id)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  boolean deleteTag(Transaction tx, long id, String key) {
    return tx.update("delete from experiment_tag where experiment = :id and key = :key")
            .bind("id", id)
            .bind("key", key)
            .execute()
        == 1;
  }

  void delete(Transaction tx, Collection<Long> ids) {
    tx.update("delete from dataset_input where experiment in (%s)".formatted(MetricStore.list(ids)))
        .execute();
    tx.update("delete from experiment where id in (%s)".formatted(MetricStore.list(ids))).execute();
  }

  private static Experiment row(ResultSet row) throws SQLException {
    return new Experiment(
        row.getLong("id"),
        row.getString("name"),
        row.getString("folder"),
        row.getString("artifacts"),
        Lifecycle.valueOf(row.getString("lifecycle")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")),
        new TreeMap<>());
  }
}
