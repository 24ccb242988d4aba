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
  /** What one turn sorts at most. */
  private static final int MOST_ROWS = 512;

  private static final int MOST_POINTS = 20_000;

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

  /** How many batches are to be settled, about. */
  long waiting(Snapshot s) {
    return s.query(
            """
            select coalesce((select max(seq) from metric_tail) - (select min(seq) from metric_tail) + 1, 0)
            """)
        .mapTo(Long.class)
        .one();
  }

  /** The runs that have a tail: of these experiments, or of all where there are none. */
  List<Long> unsettled(Snapshot s, List<Long> experiments) {
    var text =
        experiments.isEmpty()
            ? "select distinct run from metric_tail"
            : "select distinct t.run from metric_tail t cross join run r on r.number = t.run where r.experiment in (%s)"
                .formatted(list(experiments));
    return s.query(text).mapTo(Long.class).list();
  }

  /**
   * Sorts the tails of these runs, or the first part of long ones; says whether more is left.
   *
   * @param some not so many that writers wait long for their turn
   */
  boolean settle(Transaction tx, List<Long> some) {
    var byRun = new LinkedHashMap<Long, Map<String, List<Metric>>>();
    var taken = new ArrayList<Long>();
    long points = 0;
    try (var rows =
        tx.query(
                "select seq, run, points, data from metric_tail where run in (%s) order by seq limit %d"
                    .formatted(list(some), MOST_ROWS))
            .map((row, _) -> {
              taken.add(row.getLong("seq"));
              var byKey = byRun.computeIfAbsent(row.getLong("run"), _ -> new LinkedHashMap<>());
              var batch = new MetricBatch(row.getInt("points"), row.getBytes("data"));
              batch
                  .metrics()
                  .forEach(m -> byKey.computeIfAbsent(m.key(), _ -> new ArrayList<>()).add(m));
              return batch.points();
            })
            .iterator()) {
      while (points < MOST_POINTS && rows.hasNext()) points += rows.next();
    }
    if (taken.isEmpty()) return false;
    insert(tx, byRun);
    tx.update("delete from metric_tail where seq in (%s)".formatted(list(taken))).execute();
    return taken.size() == MOST_ROWS || points >= MOST_POINTS;
  }

  /** Appends to the chunks of each key of each run, and moves its latest value. */
  void insert(Transaction tx, Map<Long, Map<String, List<Metric>>> byRun) {
    var ids =
        ids(
            tx,
            byRun.values().stream().flatMap(m -> m.keySet().stream()).collect(Collectors.toSet()));
    var latest = summaries(tx, byRun.keySet());
    var open = openChunks(tx, latest, byRun, ids);
    var inserted = new ArrayList<Chunk>();
    var replaced = new ArrayList<Chunk>();
    var moved = new ArrayList<Summary>();
    byRun.forEach((run, byKey) ->
        byKey.forEach((key, metrics) -> {
          var place = new Place(run, ids.getOrDefault(key, -1L));
          @Nullable Summary before = latest.get(place);
          moved.add(Summary.of(place, key, before, metrics));
          if (before == null && metrics.size() == 1) return;
          var all = metrics;
          if (before != null && before.points() == 1) {
            all = new ArrayList<>(metrics.size() + 1);
            all.add(before.latest());
            all.addAll(metrics);
          }
          long written = before == null || before.points() == 1 ? 0 : before.points();
          int from = 0;
          var chunk = open.get(place);
          if (chunk != null) {
            from = Math.min(all.size(), Points.MOST - chunk.points());
            replaced.add(chunk.with(all.subList(0, from)));
          }
          for (; from < all.size(); from += Points.MOST)
            inserted.add(
                Chunk.of(
                    place,
                    written + from,
                    all.subList(from, Math.min(all.size(), from + Points.MOST))));
        }));
    insertChunks(tx, inserted);
    replaceChunks(tx, replaced);
    replaceLatest(tx, moved);
  }

  /** One metric of one run. */
  record Place(long run, long key) {}

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
   * @param chunk how many points stood before it when it was begun: later ones have greater numbers
   */
  private record Chunk(
      long id,
      Place place,
      long chunk,
      int points,
      long firstStep,
      long lastStep,
      double[] range,
      byte[] data) {

    static Chunk of(Place place, long chunk, List<Metric> metrics) {
      return new Chunk(0, place, chunk, 0, Long.MAX_VALUE, Long.MIN_VALUE, empty(), new byte[0])
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
          id,
          place,
          chunk,
          points + metrics.size(),
          first,
          last,
          both,
          Points.append(data, metrics));
    }
  }

  private static double[] empty() {
    return new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
  }

  private static void widen(double[] range, double value) {
    if (value < range[0]) range[0] = value;
    if (value > range[1]) range[1] = value;
  }

  /** The last chunk of each metric that is appended to, where it is small enough. */
  private static Map<Place, Chunk> openChunks(
      Snapshot s,
      Map<Place, Summary> latest,
      Map<Long, Map<String, List<Metric>>> byRun,
      Map<String, Long> ids) {
    var wanted = new ArrayList<String>();
    byRun.forEach((run, byKey) ->
        byKey
            .keySet()
            .forEach(key -> {
              @Nullable Summary before = latest.get(new Place(run, ids.getOrDefault(key, -1L)));
              if (before != null && before.points() > 1)
                wanted.add(
                    "[%d,%d,%d]".formatted(run, before.place().key(), open(before.points())));
            }));
    var chunks = new HashMap<Place, Chunk>();
    if (wanted.isEmpty()) return chunks;
    s.query(
            """
            with wanted (run, key, below) as
                (select value ->> 0, value ->> 1, value ->> 2 from json_each(:wanted))
            select c.* from wanted w cross join metric_chunk c
                on c.id = (select l.id from metric_chunk l indexed by metric_chunk_by_key
                            where l.run = w.run and l.key = w.key order by l.chunk desc limit 1)
             where c.points < w.below
            """)
        .bind("wanted", "[" + String.join(",", wanted) + "]")
        .map((row, _) ->
            new Chunk(
                row.getLong("id"),
                new Place(row.getLong("run"), row.getLong("key")),
                row.getLong("chunk"),
                row.getInt("points"),
                row.getLong("first_step"),
                row.getLong("last_step"),
                range(row),
                row.getBytes("data")))
        .forEach(chunk -> chunks.put(chunk.place(), chunk));
    return chunks;
  }

  /**
   * Chunks of fewer points are appended to, though each time all of them is written again; larger
   * ones are left as they are, so that a key whose history is short costs little, and one whose
   * history is long has few chunks.
   */
  private static long open(long points) {
    return Math.clamp(points / 64, 64, Points.MOST);
  }

  private static double[] range(ResultSet row) throws SQLException {
    double least = row.getDouble("least");
    return row.wasNull() ? empty() : new double[] {least, row.getDouble("greatest")};
  }

  private static void insertChunks(Transaction tx, List<Chunk> chunks) {
    if (chunks.isEmpty()) return;
    var batch =
        tx.batch(
            """
            insert into metric_chunk (run, key, chunk, points, first_step, last_step, least, greatest, data)
            values (:run, :key, :chunk, :points, :first, :last, :least, :greatest, :data)
            """);
    for (var chunk : chunks) {
      batch
          .bind("run", chunk.place().run())
          .bind("key", chunk.place().key())
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

  /**
   * The latest value of a key, with what is known of all its values. Where there is but one, this
   * is its history too.
   */
  record Summary(Place place, Metric latest, long points, double[] range) {
    static Summary of(Place place, String name, @Nullable Summary before, List<Metric> metrics) {
      var range = before == null ? empty() : before.range().clone();
      var latest = before == null ? metrics.getFirst() : before.latest();
      for (var metric : metrics) {
        widen(range, metric.value());
        if (metric.supersedes(latest)) latest = metric;
      }
      var named = new Metric(name, latest.value(), latest.at(), latest.step());
      return new Summary(
          place, named, (before == null ? 0 : before.points()) + metrics.size(), range);
    }
  }

  private static Map<Place, Summary> summaries(Snapshot s, Collection<Long> runs) {
    var found = new HashMap<Place, Summary>();
    s.query("select * from latest_metric where run in (%s)".formatted(list(runs)))
        .map((row, _) -> summary("", row))
        .forEach(summary -> found.put(summary.place(), summary));
    return found;
  }

  private static Summary summary(String key, ResultSet row) throws SQLException {
    return new Summary(
        new Place(row.getLong("run"), row.getLong("key")),
        metric(key, row),
        row.getLong("points"),
        range(row));
  }

  private static void replaceLatest(Transaction tx, List<Summary> summaries) {
    var batch =
        tx.batch(
            """
            insert into latest_metric (run, experiment, key, value, at, step, points, least, greatest)
            values (:run, (select experiment from run where number = :run), :key, :value, :at, :step, :points, :least,
                    :greatest)
            on conflict (run, key) do update set value = excluded.value, at = excluded.at, step = excluded.step,
                   points = excluded.points, least = excluded.least, greatest = excluded.greatest
            """);
    for (var summary : summaries) {
      batch
          .bind("run", summary.place().run())
          .bind("key", summary.place().key())
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
        .map((row, _) -> summary(row.getString("name"), row))
        .forEach(summary -> found.put(summary.latest().key(), summary));
    return found;
  }

  /**
   * A part of a history.
   *
   * @param data its points where they are at hand; else they are read by the id
   */
  record Piece(
      long id,
      long before,
      int points,
      long firstStep,
      long lastStep,
      double[] range,
      byte @Nullable [] data) {}

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
                  range(row),
                  null);
          before[0] += points;
          return piece;
        })
        .forEach(pieces::add);
    return pieces.isEmpty() ? only(s, run, id) : pieces;
  }

  /** The history of a metric that has no chunk, since it has one value. */
  private static List<Piece> only(Snapshot s, long run, long key) {
    return s.query("select * from latest_metric where run = :run and key = :key")
        .bind("run", run)
        .bind("key", key)
        .map((row, _) -> {
          var only = summary("", row);
          long step = only.latest().step();
          return new Piece(
              0,
              0,
              1,
              step,
              step,
              only.range(),
              Points.append(new byte[0], List.of(only.latest())));
        })
        .list();
  }

  byte[] data(Snapshot s, Piece piece) {
    if (piece.data() != null) return piece.data();
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
