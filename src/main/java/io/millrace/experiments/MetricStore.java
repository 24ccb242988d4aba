package io.millrace.experiments;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tables of metrics. Logging appends one row a request to metric_tail, whatever the history's
 * length; settling sorts a run's tail into its keys' chunks and latest values. Whoever reads a run
 * settles it first, so readers know only chunks and latest values.
 */
final class MetricStore {
  private static final int MOST_ROWS = 512;

  /** Keys that are committed; ids never change. */
  private final Map<String, Long> keys = new ConcurrentHashMap<>();

  void append(Transaction tx, long run, MetricBatch batch) {
    tx.update("insert into metric_tail (run, points, data) values (:run, :points, :data)")
        .bind("run", run)
        .bind("points", batch.points())
        .bind("data", batch.data())
        .execute();
  }

  boolean isSettled(Snapshot s, long run) {
    return s.query("select 1 from metric_tail where run = :run limit 1")
        .bind("run", run)
        .mapTo(Integer.class)
        .findOne()
        .isEmpty();
  }

  /** The runs that have a tail. */
  List<Long> unsettled(Snapshot s) {
    return s.query("select distinct run from metric_tail").mapTo(Long.class).list();
  }

  /** Sorts the run's tail, or the first part of a long one; says whether more is left. */
  boolean settle(Transaction tx, long run) {
    var byKey = new LinkedHashMap<String, List<Metric>>();
    long[] last = {0};
    int[] rows = {0};
    tx.query("select seq, points, data from metric_tail where run = :run order by seq limit :most")
        .bind("run", run)
        .bind("most", MOST_ROWS)
        .map((row, _) -> {
          last[0] = row.getLong("seq");
          rows[0]++;
          return new MetricBatch(row.getInt("points"), row.getBytes("data"));
        })
        .forEach(batch ->
            batch
                .metrics()
                .forEach(m -> byKey.computeIfAbsent(m.key(), _ -> new ArrayList<>()).add(m)));
    if (rows[0] == 0) return false;
    insert(tx, run, byKey);
    tx.update("delete from metric_tail where run = :run and seq <= :last")
        .bind("run", run)
        .bind("last", last[0])
        .execute();
    return rows[0] == MOST_ROWS;
  }

  /** Appends to the chunks of each key, and moves its latest value. */
  void insert(Transaction tx, long run, Map<String, List<Metric>> byKey) {
    var ids = ids(tx, byKey.keySet());
    var open = openChunks(tx, run, ids.values());
    var latest = summaries(tx, run);
    var inserted = new ArrayList<Chunk>();
    var replaced = new ArrayList<Chunk>();
    var moved = new ArrayList<Summary>();
    byKey.forEach((key, metrics) -> {
      long id = ids.getOrDefault(key, -1L);
      var chunk = open.get(id);
      int next = chunk == null ? 0 : chunk.chunk() + 1;
      for (int from = 0; from < metrics.size(); ) {
        int room = chunk == null ? Points.MOST : Points.MOST - chunk.points();
        var some = metrics.subList(from, Math.min(metrics.size(), from + room));
        from += some.size();
        if (some.isEmpty()) {
          chunk = null;
          continue;
        }
        if (chunk == null) inserted.add(Chunk.of(id, next++, some));
        else replaced.add(chunk.with(some));
        chunk = null;
      }
      moved.add(Summary.of(id, key, latest.get(id), metrics));
    });
    insertChunks(tx, run, inserted);
    replaceChunks(tx, replaced);
    replaceLatest(tx, run, moved);
  }

  private Map<String, Long> ids(Transaction tx, Set<String> names) {
    var found = new HashMap<String, Long>();
    var made = new HashMap<String, Long>();
    for (var name : names) {
      @Nullable Long id = keys.get(name);
      if (id == null) {
        tx.update("insert into metric_key (name) values (:name) on conflict do nothing")
            .bind("name", name)
            .execute();
        id = findKey(tx, name);
        if (id == null) throw new IllegalStateException("no key " + name);
        made.put(name, id);
      }
      found.put(name, id);
    }
    if (!made.isEmpty()) tx.afterCommit(() -> keys.putAll(made));
    return found;
  }

  @Nullable Long findKey(Snapshot s, String name) {
    return s.query("select id from metric_key where name = :name")
        .bind("name", name)
        .mapTo(Long.class)
        .findOne()
        .orElse(null);
  }

  /**
   * A piece of a key's history.
   *
   * @param id 0 before it is written
   */
  private record Chunk(
      long id,
      long key,
      int chunk,
      int points,
      long firstStep,
      long lastStep,
      double[] range,
      byte[] data) {

    static Chunk of(long key, int chunk, List<Metric> metrics) {
      return new Chunk(0, key, chunk, 0, Long.MAX_VALUE, Long.MIN_VALUE, empty(), new byte[0])
          .with(metrics);
    }

    Chunk with(List<Metric> metrics) {
      long first = firstStep;
      long last = lastStep;
      var both = range.clone();
      for (var metric : metrics) {
        first = Math.min(first, metric.step());
        last = Math.max(last, metric.step());
        widen(both, metric.value());
      }
      return new Chunk(
          id, key, chunk, points + metrics.size(), first, last, both, Points.append(data, metrics));
    }
  }

  private static double[] empty() {
    return new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
  }

  private static void widen(double[] range, double value) {
    if (value < range[0]) range[0] = value;
    if (value > range[1]) range[1] = value;
  }

  /** The last chunk of each key, where it has room or not. */
  private static Map<Long, Chunk> openChunks(Snapshot s, long run, Collection<Long> ids) {
    var chunks = new HashMap<Long, Chunk>();
    s.query(
            """
            select c.* from (select key, max(chunk) as chunk from metric_chunk
                              where run = :run and key in (%s) group by key) l
              join metric_chunk c on c.run = :run and c.key = l.key and c.chunk = l.chunk
            """
                .formatted(list(ids)))
        .bind("run", run)
        .map((row, _) ->
            new Chunk(
                row.getLong("id"),
                row.getLong("key"),
                row.getInt("chunk"),
                row.getInt("points"),
                row.getLong("first_step"),
                row.getLong("last_step"),
                range(row),
                row.getBytes("data")))
        .forEach(chunk -> chunks.put(chunk.key(), chunk));
    return chunks;
  }

  private static double[] range(ResultSet row) throws SQLException {
    double least = row.getDouble("least");
    return row.wasNull() ? empty() : new double[] {least, row.getDouble("greatest")};
  }

  private static void insertChunks(Transaction tx, long run, List<Chunk> chunks) {
    if (chunks.isEmpty()) return;
    var batch =
        tx.batch(
            """
            insert into metric_chunk (run, key, chunk, points, first_step, last_step, least, greatest, data)
            values (:run, :key, :chunk, :points, :first, :last, :least, :greatest, :data)
            """);
    for (var chunk : chunks) {
      batch
          .bind("run", run)
          .bind("key", chunk.key())
          .bind("chunk", chunk.chunk())
          .bind("points", chunk.points())
          .bind("first", chunk.firstStep())
          .bind("last", chunk.lastStep())
          .bind("least", finite(chunk.range()[0]))
          .bind("greatest", finite(chunk.range()[1]))
          .bind("data", chunk.data())
          .add();
    }
    batch.execute();
  }

  private static void replaceChunks(Transaction tx, List<Chunk> chunks) {
    if (chunks.isEmpty()) return;
    var batch =
        tx.batch(
            """
            update metric_chunk set points = :points, first_step = :first, last_step = :last, least = :least,
                   greatest = :greatest, data = :data
             where id = :id
            """);
    for (var chunk : chunks) {
      batch
          .bind("id", chunk.id())
          .bind("points", chunk.points())
          .bind("first", chunk.firstStep())
          .bind("last", chunk.lastStep())
          .bind("least", finite(chunk.range()[0]))
          .bind("greatest", finite(chunk.range()[1]))
          .bind("data", chunk.data())
          .add();
    }
    batch.execute();
  }

  /** The latest value of a key, with what is known of all its values. */
  record Summary(long key, Metric latest, long points, double[] range) {
    static Summary of(long key, String name, @Nullable Summary before, List<Metric> metrics) {
      var range = before == null ? empty() : before.range().clone();
      var latest = before == null ? metrics.getFirst() : before.latest();
      for (var metric : metrics) {
        widen(range, metric.value());
        if (metric.supersedes(latest)) latest = metric;
      }
      var named = new Metric(name, latest.value(), latest.at(), latest.step());
      return new Summary(
          key, named, (before == null ? 0 : before.points()) + metrics.size(), range);
    }
  }

  private static Map<Long, Summary> summaries(Snapshot s, long run) {
    var found = new HashMap<Long, Summary>();
    s.query("select * from latest_metric where run = :run")
        .bind("run", run)
        .map((row, _) ->
            new Summary(row.getLong("key"), metric("", row), row.getLong("points"), range(row)))
        .forEach(summary -> found.put(summary.key(), summary));
    return found;
  }

  private static void replaceLatest(Transaction tx, long run, List<Summary> summaries) {
    var batch =
        tx.batch(
            """
            insert into latest_metric (run, key, value, at, step, points, least, greatest)
            values (:run, :key, :value, :at, :step, :points, :least, :greatest)
            on conflict (run, key) do update set value = excluded.value, at = excluded.at, step = excluded.step,
                   points = excluded.points, least = excluded.least, greatest = excluded.greatest
            """);
    for (var summary : summaries) {
      batch
          .bind("run", run)
          .bind("key", summary.key())
          .bind("value", number(summary.latest().value()))
          .bind("at", summary.latest().at().toEpochMilli())
          .bind("step", summary.latest().step())
          .bind("points", summary.points())
          .bind("least", finite(summary.range()[0]))
          .bind("greatest", finite(summary.range()[1]))
          .add();
    }
    batch.execute();
  }

  /** The latest value of every key of each run, by key. */
  Map<Long, List<Metric>> latest(Snapshot s, Collection<Long> runs) {
    var found = new HashMap<Long, List<Metric>>();
    s.query(
            """
            select m.run, k.name, m.value, m.at, m.step from latest_metric m join metric_key k on k.id = m.key
             where m.run in (%s)
            """
                .formatted(list(runs)))
        .map((row, _) -> {
          found
              .computeIfAbsent(row.getLong(1), _ -> new ArrayList<>())
              .add(metric(row.getString(2), row));
          return true;
        })
        .forEach(_ -> {});
    found.values().forEach(metrics -> metrics.sort(java.util.Comparator.comparing(Metric::key)));
    return found;
  }

  /** What is known of each metric of a run without reading its history. */
  Map<String, Summary> summariesByName(Snapshot s, long run) {
    var found = new TreeMap<String, Summary>();
    s.query(
            """
            select k.name, m.* from latest_metric m join metric_key k on k.id = m.key where m.run = :run
            """)
        .bind("run", run)
        .map((row, _) ->
            new Summary(
                row.getLong("key"),
                metric(row.getString("name"), row),
                row.getLong("points"),
                range(row)))
        .forEach(summary -> found.put(summary.latest().key(), summary));
    return found;
  }

  /** Where a chunk lies in a history, without its points. */
  record Piece(long id, long before, int points, long firstStep, long lastStep, double[] range) {}

  /** The chunks of a history in their order. */
  List<Piece> pieces(Snapshot s, long run, String key) {
    @Nullable Long id = findKey(s, key);
    if (id == null) return List.of();
    var pieces = new ArrayList<Piece>();
    long[] before = {0};
    s.query(
            """
            select id, points, first_step, last_step, least, greatest
              from metric_chunk indexed by metric_chunk_by_key
             where run = :run and key = :key order by chunk
            """)
        .bind("run", run)
        .bind("key", id)
        .map((row, _) -> {
          int points = row.getInt("points");
          var piece =
              new Piece(
                  row.getLong("id"),
                  before[0],
                  points,
                  row.getLong("first_step"),
                  row.getLong("last_step"),
                  range(row));
          before[0] += points;
          return piece;
        })
        .forEach(pieces::add);
    return pieces;
  }

  byte[] data(Snapshot s, Piece piece) {
    return s.query("select data from metric_chunk where id = :id")
        .bind("id", piece.id())
        .map((row, _) -> row.getBytes("data"))
        .one();
  }

  static String list(Collection<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static @Nullable Double number(double value) {
    return Double.isNaN(value) ? null : (Double) value;
  }

  private static @Nullable Double finite(double value) {
    return Double.isInfinite(value) ? null : (Double) value;
  }

  private static Metric metric(String key, ResultSet row) throws SQLException {
    double value = row.getDouble("value");
    boolean missing = row.wasNull();
    return new Metric(
        key,
        missing ? Double.NaN : value,
        Instant.ofEpochMilli(row.getLong("at")),
        row.getLong("step"));
  }
}
