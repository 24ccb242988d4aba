package io.millrace.experiments;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The tables of experiments. */
final class RunStore {
  private static final String RUNS =
      "select r.*, e.name as experiment_name from run r join experiment e on e.id = r.experiment ";

  long findOrInsert(Transaction tx, String experiment, Instant at) {
    tx.update(
            "insert into experiment (name, created_at) values (:name, :at) on conflict do nothing")
        .bind("name", experiment)
        .bind("at", at.toEpochMilli())
        .execute();
    return tx.query("select id from experiment where name = :name")
        .bind("name", experiment)
        .mapTo(Long.class)
        .one();
  }

  void insert(Transaction tx, long experiment, Run run) {
    tx.update(
            """
            insert into run (id, experiment, name, state, pipeline_run, step, started_at)
            values (:id, :experiment, :name, :state, :pipeline_run, :step, :started)
            """)
        .bind("id", run.id().value())
        .bind("experiment", experiment)
        .bind("name", run.name())
        .bind("state", run.state().name())
        .bind("pipeline_run", run.pipelineRun())
        .bind("step", run.step())
        .bind("started", run.startedAt().toEpochMilli())
        .execute();
  }

  void replaceState(Transaction tx, RunId id, RunState state, Instant at) {
    tx.update("update run set state = :state, ended_at = :at where id = :id")
        .bind("id", id.value())
        .bind("state", state.name())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** Ends every run that is still running; returns how many there were. */
  int replaceRunning(Transaction tx, RunState state, Instant at) {
    return tx.update("update run set state = :state, ended_at = :at where state = 'RUNNING'")
        .bind("state", state.name())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void replaceParams(Transaction tx, RunId run, Map<String, String> params) {
    if (params.isEmpty()) return;
    var batch =
        tx.batch(
            """
            insert into param (run, key, value) values (:run, :key, :value)
            on conflict (run, key) do update set value = excluded.value
            """);
    params.forEach(
        (key, value) -> batch.bind("run", run.value()).bind("key", key).bind("value", value).add());
    batch.execute();
  }

  void insertMetrics(Transaction tx, RunId run, Collection<Metric> metrics) {
    if (metrics.isEmpty()) return;
    var batch =
        tx.batch(
            "insert into metric (run, key, value, at, step) values (:run, :key, :value, :at, :step)");
    var latest = new TreeMap<String, Metric>();
    for (var metric : metrics) {
      batch
          .bind("run", run.value())
          .bind("key", metric.key())
          .bind("value", nullable(metric.value()))
          .bind("at", metric.at().toEpochMilli())
          .bind("step", metric.step())
          .add();
      latest.merge(metric.key(), metric, (a, b) -> b.supersedes(a) ? b : a);
    }
    batch.execute();
    replaceLatest(tx, run, latest.values());
  }

  private static void replaceLatest(Transaction tx, RunId run, Collection<Metric> metrics) {
    var batch =
        tx.batch(
            """
            insert into latest_metric (run, key, value, at, step) values (:run, :key, :value, :at, :step)
            on conflict (run, key) do update set value = excluded.value, at = excluded.at, step = excluded.step
             where excluded.step > latest_metric.step
                or (excluded.step = latest_metric.step and excluded.at >= latest_metric.at)
            """);
    for (var metric : metrics) {
      batch
          .bind("run", run.value())
          .bind("key", metric.key())
          .bind("value", nullable(metric.value()))
          .bind("at", metric.at().toEpochMilli())
          .bind("step", metric.step())
          .add();
    }
    batch.execute();
  }

  List<Experiment> listExperiments(Snapshot s) {
    return s.query("select * from experiment order by name")
        .map((row, _) ->
            new Experiment(
                row.getLong("id"),
                row.getString("name"),
                Instant.ofEpochMilli(row.getLong("created_at"))))
        .list();
  }

  Optional<Run> find(Snapshot s, RunId id) {
    return s.query(RUNS + "where r.id = :id")
        .bind("id", id.value())
        .map((row, _) -> run(row))
        .findOne();
  }

  /** The newest first. */
  List<Run> list(Snapshot s, long experiment) {
    return s.query(RUNS + "where r.experiment = :experiment order by r.started_at desc, r.id desc")
        .bind("experiment", experiment)
        .map((row, _) -> run(row))
        .list();
  }

  List<Run> listOfPipelineRun(Snapshot s, String pipelineRun) {
    return s.query(RUNS + "where r.pipeline_run = :run order by r.started_at, r.id")
        .bind("run", pipelineRun)
        .map((row, _) -> run(row))
        .list();
  }

  SortedMap<String, String> params(Snapshot s, RunId run) {
    return new TreeMap<>(
        s.query("select key, value from param where run = :run")
            .bind("run", run.value())
            .map((row, _) -> Map.entry(row.getString("key"), row.getString("value")))
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  List<Metric> latest(Snapshot s, RunId run) {
    return s.query("select key, value, at, step from latest_metric where run = :run order by key")
        .bind("run", run.value())
        .map((row, _) -> metric(row))
        .list();
  }

  List<Metric> history(Snapshot s, RunId run, String key) {
    return s.query(
            "select key, value, at, step from metric where run = :run and key = :key order by step, at")
        .bind("run", run.value())
        .bind("key", key)
        .map((row, _) -> metric(row))
        .list();
  }

  private static @Nullable Double nullable(double value) {
    return Double.isNaN(value) ? null : (Double) value;
  }

  private static Metric metric(ResultSet row) throws SQLException {
    double value = row.getDouble("value");
    boolean missing = row.wasNull();
    return new Metric(
        row.getString("key"),
        missing ? Double.NaN : value,
        Instant.ofEpochMilli(row.getLong("at")),
        row.getLong("step"));
  }

  private static Run run(ResultSet row) throws SQLException {
    long ended = row.getLong("ended_at");
    return new Run(
        new RunId(row.getString("id")),
        row.getString("experiment_name"),
        row.getString("name"),
        RunState.valueOf(row.getString("state")),
        row.getString("pipeline_run"),
        row.getString("step"),
        Instant.ofEpochMilli(row.getLong("started_at")),
        ended == 0 ? null : Instant.ofEpochMilli(ended));
  }
}
