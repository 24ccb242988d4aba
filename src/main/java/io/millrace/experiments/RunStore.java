package io.millrace.experiments;

import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tables run, param, tag, dataset_input, run_input, run_input_model, run_output. */
final class RunStore {

  /** Makes the row; {id} in artifacts becomes the run's id. Returns its number. */
  long insert(Transaction tx, Run run, ExecutionId execution) {
    var origin = run.origin();
    return tx.query(
            """
            insert into run (id, experiment, name, user_id, state, lifecycle, started_at, ended_at, artifacts, execution,
                             pipeline_run, step)
            values (:id, :experiment, :name, :user, :state, :lifecycle, :started, :ended, :artifacts, :execution,
                    :pipeline_run, :step) returning number
            """)
        .bind("id", run.id().value())
        .bind("experiment", run.experiment())
        .bind("name", run.name())
        .bind("user", run.user())
        .bind("state", run.status().state().name())
        .bind("lifecycle", run.status().lifecycle().name())
        .bind("started", run.status().startedAt().toEpochMilli())
        .bind("ended", millis(run.status().endedAt()))
        .bind("artifacts", run.artifacts())
        .bind("execution", execution.value())
        .bind("pipeline_run", origin == null ? null : origin.pipelineRun())
        .bind("step", origin == null ? null : origin.step())
        .mapTo(Long.class)
        .one();
  }

  private static @Nullable Long millis(@Nullable Instant at) {
    return at == null ? null : (Long) at.toEpochMilli();
  }

  Optional<Run> find(Snapshot s, RunId id) {
    return s.query("select * from run where id = :id")
        .bind("id", id.value())
        .map((row, _) -> run(row))
        .findOne();
  }

  /** What logging to a run needs to know of it. */
  record Target(long number, Lifecycle lifecycle, boolean leased) {}

  Optional<Target> target(Snapshot s, RunId id) {
    return s.query("select number, lifecycle, lease_millis is not null from run where id = :id")
        .bind("id", id.value())
        .map((row, _) ->
            new Target(row.getLong(1), Lifecycle.valueOf(row.getString(2)), row.getBoolean(3)))
        .findOne();
  }

  /** Those runs, in that order. */
  List<Run> list(Snapshot s, List<Long> numbers) {
    var found = new HashMap<Long, Run>();
    s.query("select * from run where number in (%s)".formatted(MetricStore.list(numbers)))
        .map((row, _) -> run(row))
        .forEach(run -> found.put(run.number(), run));
    return numbers.stream().map(found::get).toList();
  }

  List<Run> listOfPipelineRun(Snapshot s, String pipelineRun) {
    return s.query("select * from run where pipeline_run = :run order by started_at, id")
        .bind("run", pipelineRun)
        .map((row, _) -> run(row))
        .list();
  }

  /** Runs that steps opened and nobody ended. */
  List<Run> listLeftOpen(Snapshot s) {
    return s.query("select * from run where state = 'RUNNING' and step is not null")
        .map((row, _) -> run(row))
        .list();
  }

  List<Run> listExpired(Snapshot s, Instant now) {
    return s.query(
            "select * from run where lease_until < :now and state in ('RUNNING', 'SCHEDULED')")
        .bind("now", now.toEpochMilli())
        .map((row, _) -> run(row))
        .list();
  }

  List<Long> numbersOf(Snapshot s, Collection<Long> experiments) {
    return s.query(
            "select number from run where experiment in (%s)"
                .formatted(MetricStore.list(experiments)))
        .mapTo(Long.class)
        .list();
  }

  @Nullable ExecutionId execution(Snapshot s, Run run) {
    return s.query("select execution from run where number = :number and execution is not null")
        .bind("number", run.number())
        .mapTo(Long.class)
        .findOne()
        .map(ExecutionId::new)
        .orElse(null);
  }

  void replaceStatus(Transaction tx, Run run, Run.Status status) {
    tx.update(
            """
            update run set state = :state, lifecycle = :lifecycle, started_at = :started, ended_at = :ended
             where number = :number
            """)
        .bind("number", run.number())
        .bind("state", status.state().name())
        .bind("lifecycle", status.lifecycle().name())
        .bind("started", status.startedAt().toEpochMilli())
        .bind("ended", millis(status.endedAt()))
        .execute();
  }

  void replaceName(Transaction tx, long run, String name) {
    tx.update("update run set name = :name where number = :number")
        .bind("number", run)
        .bind("name", name)
        .execute();
  }

  void replaceExperiment(Transaction tx, Run run, long experiment) {
    tx.update("update run set experiment = :experiment where number = :number")
        .bind("number", run.number())
        .bind("experiment", experiment)
        .execute();
    tx.update("update latest_metric set experiment = :experiment where run = :number")
        .bind("number", run.number())
        .bind("experiment", experiment)
        .execute();
  }

  /** Gives the run that long from now; it is lost where nobody renews that in time. */
  void replaceLease(Transaction tx, Run run, Duration length, Instant now) {
    tx.update("update run set lease_millis = :length, lease_until = :until where number = :number")
        .bind("number", run.number())
        .bind("length", length.toMillis())
        .bind("until", now.plus(length).toEpochMilli())
        .execute();
  }

  /** Renews the lease that the run has: whoever logs to it lives. */
  void renewLease(Transaction tx, long run, Instant now) {
    tx.update(
            """
            update run set lease_until = :now + lease_millis
             where number = :number and lease_millis is not null and lease_until < :now + lease_millis / 2
            """)
        .bind("number", run)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void delete(Transaction tx, Collection<Long> numbers) {
    tx.update("delete from run where number in (%s)".formatted(MetricStore.list(numbers)))
        .execute();
  }

  SortedMap<String, String> params(Snapshot s, long run) {
    return pairs(s, "param", List.of(run)).getOrDefault(run, new TreeMap<>());
  }

  /** The keys and values of table param or tag, by run. */
  Map<Long, SortedMap<String, String>> pairs(Snapshot s, String table, Collection<Long> runs) {
    var found = new HashMap<Long, SortedMap<String, String>>();
    s.query(
            "select run, key, value from %s where run in (%s)"
                .formatted(table, MetricStore.list(runs)))
        .map((row, _) -> {
          found
              .computeIfAbsent(row.getLong(1), _ -> new TreeMap<>())
              .put(row.getString(2), row.getString(3));
          return true;
        })
        .forEach(_ -> {});
    return found;
  }

  /** The value a parameter has, where it has one. */
  Optional<String> findParam(Snapshot s, long run, String key) {
    return s.query("select value from param where run = :run and key = :key")
        .bind("run", run)
        .bind("key", key)
        .mapTo(String.class)
        .findOne();
  }

  /** Writes keys and values into table param or tag, over what they were. */
  void replacePairs(Transaction tx, String table, long run, Map<String, String> pairs) {
    if (pairs.isEmpty()) return;
    var batch =
        tx.batch(
            """
            insert into %s (run, key, value) values (:run, :key, :value)
            on conflict (run, key) do update set value = excluded.value
            """
                .formatted(table));
    pairs.forEach(
        (key, value) -> batch.bind("run", run).bind("key", key).bind("value", value).add());
    batch.execute();
  }

  boolean deleteTag(Transaction tx, long run, String key) {
    return tx.update("delete from tag where run = :run and key = :key")
            .bind("run", run)
            .bind("key", key)
            .execute()
        == 1;
  }

  void insertInput(Transaction tx, Run run, DatasetInput input) {
    tx.update(
            """
            insert into dataset_input (experiment, name, digest, source_type, source, schema, profile)
            values (:experiment, :name, :digest, :type, :source, :schema, :profile) on conflict do nothing
            """)
        .bind("experiment", run.experiment())
        .bind("name", input.name())
        .bind("digest", input.digest())
        .bind("type", input.sourceType())
        .bind("source", input.source())
        .bind("schema", input.schema())
        .bind("profile", input.profile())
        .execute();
    tx.update(
            """
            insert into run_input (run, dataset, tags, context)
            select :run, id, :tags, :context from dataset_input
             where experiment = :experiment and name = :name and digest = :digest
            on conflict (run, dataset) do update set tags = excluded.tags, context = excluded.context
            """)
        .bind("run", run.number())
        .bind("experiment", run.experiment())
        .bind("name", input.name())
        .bind("digest", input.digest())
        .bind("tags", Json.write(input.tags()))
        .bind("context", input.tags().get(DatasetInput.CONTEXT))
        .execute();
  }

  Map<Long, List<DatasetInput>> inputs(Snapshot s, Collection<Long> runs) {
    var found = new HashMap<Long, List<DatasetInput>>();
    s.query(
            """
            select i.run, i.tags, d.* from run_input i join dataset_input d on d.id = i.dataset
             where i.run in (%s) order by i.run, d.id
            """
                .formatted(MetricStore.list(runs)))
        .map((row, _) ->
            found.computeIfAbsent(row.getLong("run"), _ -> new ArrayList<>()).add(input(row)))
        .forEach(_ -> {});
    return found;
  }

  /** The datasets that the runs of these experiments read, with the context each was read in. */
  List<DatasetSummary> datasets(Snapshot s, Collection<Long> experiments, int limit) {
    return s.query(
            """
            select distinct d.experiment, d.name, d.digest, i.context
              from dataset_input d join run_input i on i.dataset = d.id
             where d.experiment in (%s) order by d.name, d.digest, i.context limit %d
            """
                .formatted(MetricStore.list(experiments), limit))
        .map((row, _) ->
            new DatasetSummary(
                row.getLong("experiment"),
                row.getString("name"),
                row.getString("digest"),
                row.getString("context")))
        .list();
  }

  private static DatasetInput input(ResultSet row) throws SQLException {
    var tags = new TreeMap<String, String>();
    Json.parse(row.getString("tags"))
        .properties()
        .forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
    return new DatasetInput(
        row.getString("name"),
        row.getString("digest"),
        row.getString("source_type"),
        row.getString("source"),
        row.getString("schema"),
        row.getString("profile"),
        tags);
  }

  void insertInputModel(Transaction tx, long run, String model) {
    tx.update(
            "insert into run_input_model (run, model) values (:run, :model) on conflict do nothing")
        .bind("run", run)
        .bind("model", model)
        .execute();
  }

  void insertOutput(Transaction tx, long run, String model, long step) {
    tx.update(
            """
            insert into run_output (run, model, step) values (:run, :model, :step)
            on conflict (run, model) do update set step = excluded.step
            """)
        .bind("run", run)
        .bind("model", model)
        .bind("step", step)
        .execute();
  }

  List<RunData.ModelRef> inputModels(Snapshot s, long run) {
    return s.query("select model from run_input_model where run = :run")
        .bind("run", run)
        .map((row, _) -> new RunData.ModelRef(row.getString(1), 0))
        .list();
  }

  Map<Long, List<RunData.ModelRef>> outputs(Snapshot s, Collection<Long> runs) {
    var found = new HashMap<Long, List<RunData.ModelRef>>();
    s.query(
            "select run, model, step from run_output where run in (%s) order by run, step, model"
                .formatted(MetricStore.list(runs)))
        .map((row, _) ->
            found
                .computeIfAbsent(row.getLong(1), _ -> new ArrayList<>())
                .add(new RunData.ModelRef(row.getString(2), row.getLong(3))))
        .forEach(_ -> {});
    return found;
  }

  private static Run run(ResultSet row) throws SQLException {
    long ended = row.getLong("ended_at");
    boolean open = row.wasNull();
    var step = row.getString("step");
    return new Run(
        row.getLong("number"),
        new RunId(row.getString("id")),
        row.getLong("experiment"),
        row.getString("name"),
        row.getString("user_id"),
        new Run.Status(
            RunState.valueOf(row.getString("state")),
            Lifecycle.valueOf(row.getString("lifecycle")),
            Instant.ofEpochMilli(row.getLong("started_at")),
            open ? null : Instant.ofEpochMilli(ended)),
        row.getString("artifacts"),
        step == null ? null : new Run.Origin(row.getString("pipeline_run"), step));
  }
}
