package io.millrace.experiments;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.experiments.LoggedModel.Contents;
import io.millrace.experiments.LoggedModel.ModelMetric;
import io.millrace.experiments.LoggedModel.Standing;
import io.millrace.experiments.LoggedModel.Status;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Tables logged_model, logged_model_param, logged_model_tag, logged_model_metric. */
final class LoggedModelStore {

  void insert(Transaction tx, LoggedModel model) {
    tx.update(
            """
            insert into logged_model (id, experiment, name, type, run, status, message, artifacts, created_at, updated_at)
            values (:id, :experiment, :name, :type, :run, :status, :message, :artifacts, :at, :at)
            """)
        .bind("id", model.id())
        .bind("experiment", model.experiment())
        .bind("name", model.name())
        .bind("type", model.type())
        .bind("run", model.run())
        .bind("status", model.standing().status().name())
        .bind("message", model.standing().message())
        .bind("artifacts", model.artifacts())
        .bind("at", model.standing().createdAt().toEpochMilli())
        .execute();
    replacePairs(tx, "param", model.id(), model.contents().params());
    replacePairs(tx, "tag", model.id(), model.contents().tags());
  }

  Optional<LoggedModel> find(Snapshot s, String id) {
    return s.query("select * from logged_model where id = :id")
        .bind("id", id)
        .map((row, _) -> model(row))
        .findOne()
        .map(model -> filled(s, List.of(model)).getFirst());
  }

  List<LoggedModel> list(Snapshot s, SqlSearch.Sql sql) {
    return filled(
        s,
        sql.bind(s.query("select m.* from logged_model m " + sql.text()))
            .map((row, _) -> model(row))
            .list());
  }

  void replaceStatus(
      Transaction tx, String id, Status status, @Nullable String message, Instant at) {
    tx.update(
            "update logged_model set status = :status, message = :message, updated_at = :at where id = :id")
        .bind("id", id)
        .bind("status", status.name())
        .bind("message", message)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void delete(Transaction tx, String id, Instant at) {
    tx.update("update logged_model set deleted_at = :at, updated_at = :at where id = :id")
        .bind("id", id)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void deleteOfRuns(Transaction tx, List<String> runs) {
    for (var run : runs)
      tx.update("delete from logged_model where run = :run").bind("run", run).execute();
  }

  /** Writes keys and values into logged_model_param or logged_model_tag. */
  void replacePairs(Transaction tx, String kind, String model, Map<String, String> pairs) {
    pairs.forEach((key, value) ->
        tx.update(
                """
                insert into logged_model_%s (model, key, value) values (:model, :key, :value)
                on conflict (model, key) do update set value = excluded.value
                """
                    .formatted(kind))
            .bind("model", model)
            .bind("key", key)
            .bind("value", value)
            .execute());
  }

  boolean deleteTag(Transaction tx, String model, String key) {
    return tx.update("delete from logged_model_tag where model = :model and key = :key")
            .bind("model", model)
            .bind("key", key)
            .execute()
        == 1;
  }

  void replaceMetric(Transaction tx, String model, ModelMetric metric) {
    double value = metric.metric().value();
    tx.update(
            """
            insert into logged_model_metric (model, key, dataset_name, dataset_digest, run, value, at, step)
            values (:model, :key, :name, :digest, :run, :value, :at, :step)
            on conflict (model, key, dataset_name, dataset_digest) do update
               set run = excluded.run, value = excluded.value, at = excluded.at, step = excluded.step
             where excluded.step > logged_model_metric.step
                or (excluded.step = logged_model_metric.step and excluded.at >= logged_model_metric.at)
            """)
        .bind("model", model)
        .bind("key", metric.metric().key())
        .bind("name", metric.datasetName())
        .bind("digest", metric.datasetDigest())
        .bind("run", metric.run())
        .bind("value", Double.isNaN(value) ? null : (Double) value)
        .bind("at", metric.metric().at().toEpochMilli())
        .bind("step", metric.metric().step())
        .execute();
  }

  private static List<LoggedModel> filled(Snapshot s, List<LoggedModel> models) {
    if (models.isEmpty()) return models;
    var contents = new HashMap<String, Contents>();
    for (var model : models)
      contents.put(model.id(), new Contents(new TreeMap<>(), new TreeMap<>(), new ArrayList<>()));
    var ids =
        IntStream.range(0, models.size()).mapToObj(i -> ":m" + i).collect(Collectors.joining(","));
    var binds = new HashMap<String, Object>();
    for (int i = 0; i < models.size(); i++) binds.put("m" + i, models.get(i).id());
    s.query("select model, key, value from logged_model_param where model in (%s)".formatted(ids))
        .bindMap(binds)
        .map((row, _) ->
            contentsOf(contents, row).params().put(row.getString(2), row.getString(3)) == null)
        .forEach(_ -> {});
    s.query("select model, key, value from logged_model_tag where model in (%s)".formatted(ids))
        .bindMap(binds)
        .map((row, _) ->
            contentsOf(contents, row).tags().put(row.getString(2), row.getString(3)) == null)
        .forEach(_ -> {});
    s.query("select * from logged_model_metric where model in (%s) order by key, at".formatted(ids))
        .bindMap(binds)
        .map((row, _) -> contentsOf(contents, row).metrics().add(metric(row)))
        .forEach(_ -> {});
    return models.stream()
        .map(m ->
            new LoggedModel(
                m.id(),
                m.experiment(),
                m.name(),
                m.type(),
                m.run(),
                m.standing(),
                m.artifacts(),
                contents.getOrDefault(m.id(), m.contents())))
        .toList();
  }

  private static Contents contentsOf(Map<String, Contents> contents, ResultSet row)
      throws SQLException {
    var found = contents.get(row.getString("model"));
    if (found == null) throw new IllegalStateException("a row of another model");
    return found;
  }

  private static ModelMetric metric(ResultSet row) throws SQLException {
    double value = row.getDouble("value");
    if (row.wasNull()) value = Double.NaN;
    return new ModelMetric(
        new Metric(
            row.getString("key"),
            value,
            Instant.ofEpochMilli(row.getLong("at")),
            row.getLong("step")),
        row.getString("run"),
        row.getString("dataset_name"),
        row.getString("dataset_digest"));
  }

  private static LoggedModel model(ResultSet row) throws SQLException {
    row.getLong("deleted_at");
    boolean deleted = !row.wasNull();
    var run = row.getString("run");
    return new LoggedModel(
        row.getString("id"),
        row.getLong("experiment"),
        row.getString("name"),
        row.getString("type"),
        run == null ? "" : run,
        new Standing(
            Status.valueOf(row.getString("status")),
            row.getString("message"),
            Instant.ofEpochMilli(row.getLong("created_at")),
            Instant.ofEpochMilli(row.getLong("updated_at")),
            deleted),
        row.getString("artifacts"),
        new Contents(new TreeMap<>(), new TreeMap<>(), List.of()));
  }
}
