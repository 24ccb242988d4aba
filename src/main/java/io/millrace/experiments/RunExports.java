package io.millrace.experiments;

import io.millrace.base.TooLarge;
import io.millrace.experiments.Comparison.Field;
import io.millrace.experiments.Comparison.Operator;
import io.millrace.experiments.Comparison.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the runs of an experiment, or all values of their metrics, as one table. The runs and
 * their columns are those found when it begins; then they are read again, page by page, so that
 * never more than a page of them is held. Thread-safe.
 */
public final class RunExports {
  static final int MOST_RUNS = 200_000;
  static final int MOST_COLUMNS = 2_000;
  private static final int PAGE = 200;
  private static final int POINTS = 100_000;
  private static final String PARAMS = "params.";
  private static final String METRICS = "metrics.";
  private static final String TAGS = "tags.";

  private static final List<Tables.Column> RUN =
      List.of(
          text("run_id"),
          text("name"),
          text("status"),
          new Tables.Column("start_time", Tables.Type.TIME),
          new Tables.Column("end_time", Tables.Type.TIME),
          text("user"));

  private static final List<Tables.Column> POINT =
      List.of(
          text("run_id"),
          text("key"),
          new Tables.Column("step", Tables.Type.WHOLE),
          new Tables.Column("timestamp", Tables.Type.TIME),
          new Tables.Column("value", Tables.Type.NUMBER));

  private final Runs runs;
  private final Tables tables;

  public RunExports(Runs runs, Tables tables) {
    this.runs = runs;
    this.tables = tables;
  }

  /** The ids of the runs, the earliest first, and the names of what they noted. */
  private record Found(Set<String> ids, SortedSet<String> columns) {}

  /**
   * One row a run: run_id, name, status, start_time, end_time, user, then params.KEY as text,
   * metrics.KEY as the last value, tags.KEY as text.
   *
   * @param columns which of the last three, by name; all of them where it is empty
   */
  public Tables.File runs(long experiment, @Nullable String filter, Collection<String> columns) {
    var found = find(experiment, filter);
    var names = columns.isEmpty() ? List.copyOf(found.columns()) : List.copyOf(columns);
    if (names.size() > MOST_COLUMNS)
      throw new TooLarge(
          "the runs have %,d parameters, metrics and tags, and a table may have %,d: name those you need, such as columns=metrics.auc,params.eta"
              .formatted(names.size(), MOST_COLUMNS));
    var all = new ArrayList<>(RUN);
    for (var name : names)
      all.add(name.startsWith(METRICS) ? new Tables.Column(name, Tables.Type.NUMBER) : text(name));
    return tables.parquet(
        all, rows -> read(experiment, found.ids(), data -> rows.add(row(data, names))));
  }

  /** One row a value of a metric: run_id, key, step, timestamp, value. */
  public Tables.File metrics(long experiment, @Nullable String filter) {
    var found = find(experiment, filter);
    return tables.parquet(POINT, rows -> read(experiment, found.ids(), data -> points(data, rows)));
  }

  private Found find(long experiment, @Nullable String filter) {
    var comparisons = FilterParser.parse(filter);
    var order = List.of(FilterParser.order("attributes.start_time ASC"));
    var found = new Found(new LinkedHashSet<>(), new TreeSet<>());
    int size = PAGE;
    for (long offset = 0; size == PAGE; offset += PAGE) {
      var page =
          runs.search(
              new RunQuery(
                  List.of(experiment),
                  comparisons,
                  order,
                  RunQuery.View.ACTIVE_ONLY,
                  PAGE,
                  offset));
      size = page.size();
      for (var data : page) {
        found.ids().add(data.run().id().value());
        data.params().keySet().forEach(key -> found.columns().add(PARAMS + key));
        data.metrics().forEach(metric -> found.columns().add(METRICS + metric.key()));
        data.tags().keySet().forEach(key -> found.columns().add(TAGS + key));
      }
      if (found.ids().size() > MOST_RUNS)
        throw new TooLarge(
            "more than %,d runs meet this, and an export may have so many: give a narrower filter"
                .formatted(MOST_RUNS));
    }
    return found;
  }

  /** Hands over the runs of these ids in their order, but for those that are gone meanwhile. */
  private void read(long experiment, Set<String> ids, Consumer<RunData> reader) {
    var page = new ArrayList<String>(PAGE);
    for (var id : ids) {
      page.add(id);
      if (page.size() == PAGE) readPage(experiment, page, reader);
    }
    if (!page.isEmpty()) readPage(experiment, page, reader);
  }

  private void readPage(long experiment, List<String> ids, Consumer<RunData> reader) {
    var those =
        new Comparison(
            new Field(null, "run_id"), Operator.IN, new Value.Texts(List.copyOf(ids)), 1);
    var found = new HashMap<String, RunData>();
    for (var data :
        runs.search(
            new RunQuery(
                List.of(experiment),
                List.of(those),
                List.of(),
                RunQuery.View.ACTIVE_ONLY,
                PAGE,
                0))) found.put(data.run().id().value(), data);
    for (var id : ids) {
      var data = found.get(id);
      if (data != null) reader.accept(data);
    }
    ids.clear();
  }

  private static @Nullable Object[] row(RunData data, List<String> names) {
    var run = data.run();
    var values = new HashMap<String, Object>();
    data.params().forEach((key, value) -> values.put(PARAMS + key, value));
    data.tags().forEach((key, value) -> values.put(TAGS + key, value));
    for (var metric : data.metrics()) values.put(METRICS + metric.key(), metric.value());
    var row = new ArrayList<@Nullable Object>(RUN.size() + names.size());
    row.add(run.id().value());
    row.add(run.name());
    row.add(run.status().state().name());
    row.add(run.status().startedAt());
    row.add(run.status().endedAt());
    row.add(run.user());
    for (var name : names) row.add(values.get(name));
    return row.toArray();
  }

  private void points(RunData data, Tables.Rows rows) {
    var id = data.run().id();
    for (var metric : data.metrics()) {
      int size = POINTS;
      for (long offset = 0; size == POINTS; offset += POINTS) {
        var page = runs.history(id, metric.key(), offset, POINTS);
        size = page.size();
        for (var point : page)
          rows.add(new Object[] {id.value(), point.key(), point.step(), point.at(), point.value()});
      }
    }
  }

  private static Tables.Column text(String name) {
    return new Tables.Column(name, Tables.Type.TEXT);
  }
}
