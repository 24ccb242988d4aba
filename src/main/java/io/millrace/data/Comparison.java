package io.millrace.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares two profiles; the second one's data are counted once more over the first one's frozen
 * bins.
 */
final class Comparison {
  private final Engine engine;
  private final String after;

  /**
   * @param after the relation of the second profile
   */
  Comparison(Engine engine, String after) {
    this.engine = engine;
    this.after = after;
  }

  Difference compare(Statistics a, Statistics b) {
    var added =
        b.columns().stream().map(ColumnStatistics::name).filter(n -> a.find(n).isEmpty()).toList();
    var removed =
        a.columns().stream().map(ColumnStatistics::name).filter(n -> b.find(n).isEmpty()).toList();
    var retyped = new ArrayList<Difference.Retyped>();
    var columns = new ArrayList<Difference.ColumnDifference>();
    for (var before : a.columns()) {
      var found = b.find(before.name());
      if (found.isEmpty()) continue;
      var now = found.get();
      if (!before.type().equals(now.type()))
        retyped.add(new Difference.Retyped(before.name(), before.type(), now.type()));
      columns.add(compare(before, now, a.rows(), b.rows()));
    }
    return new Difference(a.rows(), b.rows(), added, removed, retyped, columns);
  }

  private Difference.ColumnDifference compare(
      ColumnStatistics before, ColumnStatistics now, long rowsBefore, long rowsNow) {
    @Nullable Double psi = null;
    var top = new ArrayList<Difference.Change>();
    var numbers = before.numbers();
    if (numbers != null && now.numbers() != null) {
      var bins = numbers.histogram();
      if (bins != null) {
        var column = new Engine.ColumnType(now.name(), now.type());
        psi =
            Difference.psi(
                counts(bins),
                counts(Profiler.histogram(engine, after, column, bins.low(), bins.high())));
      }
    }
    if (!before.top().isEmpty()) {
      var counted = counted(before);
      var p = new ArrayList<Long>();
      var q = new ArrayList<Long>();
      for (var value : before.top()) {
        long rows = counted.getOrDefault(value.value(), 0L);
        top.add(new Difference.Change(value.value(), value.rows(), rows));
        p.add(value.rows());
        q.add(rows);
      }
      if (before.isText() && now.isText()) {
        p.add(Math.max(0, rowsBefore - before.nulls() - sum(p)));
        q.add(Math.max(0, rowsNow - now.nulls() - sum(q)));
        if (sum(q) > 0) psi = Difference.psi(p, q);
      }
    }
    return new Difference.ColumnDifference(
        before.name(),
        before,
        now,
        share(before.nulls(), rowsBefore),
        share(now.nulls(), rowsNow),
        psi,
        top);
  }

  private static List<Long> counts(Histogram bins) {
    var counts = new ArrayList<>(bins.counts());
    counts.add(bins.under());
    counts.add(bins.over());
    return counts;
  }

  private HashMap<String, Long> counted(ColumnStatistics column) {
    var values =
        column.top().stream().map(f -> Sql.text(f.value())).collect(Collectors.joining(", "));
    var result = new HashMap<String, Long>();
    engine.query(
        "select v, count(*) from (select left(%s, %d) as v from %s) where v in (%s) group by v"
            .formatted(Profiler.text(column.name()), Profiler.LONGEST_VALUE, after, values),
        row -> result.put(row.getString(1), row.getLong(2)));
    return result;
  }

  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  private static double share(long part, long all) {
    return all == 0 ? 0 : (double) part / all;
  }
}
