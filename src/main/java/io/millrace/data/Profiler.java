package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Computes statistics of a relation: one pass over each few columns for counts, range, mean,
 * deviation and distinct values; quantiles from a sample; then one grouped count a column for its
 * bins and its most frequent values. Quantiles are what a profile costs, and grouped counts cost a
 * quarter of DuckDB's own histogram(), hence this order.
 *
 * <p>Nothing depends on the order in which threads finish: the sample is taken by row position,
 * sums of doubles are rounded to ten digits of the column's largest value.
 */
final class Profiler {
  private static final long ALL_ROWS_UP_TO = 500_000;
  private static final long SAMPLE = 200_000;
  private static final int TOP = 20;
  private static final int FEW_NUMBERS = 50;

  /** Each takes memory of the engine: a table of 200 at once is more than it has. */
  private static final int COLUMNS_A_PASS = 32;

  private static final long MOST_GROUPS = 200_000;
  static final int LONGEST_VALUE = 200;
  private static final int DIGITS = 10;

  private final Engine engine;
  private final String relation;

  private Profiler(Engine engine, String relation) {
    this.engine = engine;
    this.relation = relation;
  }

  /** What the first pass says about one column; the numbers are NaN where there are none. */
  private record Pass(
      Engine.ColumnType column,
      long present,
      long distinct,
      double min,
      double max,
      double mean,
      double stddev) {
    boolean isNumeric() {
      return numeric(column.type());
    }

    boolean hasNumbers() {
      return isNumeric() && present > 0;
    }

    boolean hasTop() {
      return switch (Frame.Kind.of(column.type())) {
        case TEXT, BOOLEAN -> present > 0;
        case NUMBER -> present > 0 && distinct <= FEW_NUMBERS;
        case TIME, OTHER -> false;
      };
    }
  }

  /** Where quantiles are read: the relation itself or the sample of it. */
  private record Sample(String relation, long rows) {}

  static Statistics profile(Engine engine, String relation) {
    return new Profiler(engine, relation).profile();
  }

  private static boolean numeric(String type) {
    return switch (Frame.Kind.of(type)) {
      case NUMBER, BOOLEAN, TIME -> true;
      case TEXT, OTHER -> false;
    };
  }

  /** SQL of a column's value as a finite double. */
  static String number(String name, String type) {
    return switch (Frame.Kind.of(type)) {
      case NUMBER -> {
        var upper = type.toUpperCase(Locale.ROOT);
        if (!upper.equals("FLOAT") && !upper.equals("DOUBLE"))
          yield "cast(%s as double)".formatted(Sql.name(name));
        yield "cast(case when isfinite(%1$s) then %1$s end as double)".formatted(Sql.name(name));
      }
      case BOOLEAN -> "cast(%s as double)".formatted(Sql.name(name));
      case TIME ->
          "cast(epoch(case when isfinite(%1$s) then %1$s end) as double)".formatted(Sql.name(name));
      case TEXT, OTHER -> throw new IllegalArgumentException(type);
    };
  }

  static String text(String name) {
    return "cast(%s as varchar)".formatted(Sql.name(name));
  }

  private Statistics profile() {
    var types = engine.columns(relation);
    long rows = engine.number("select count(*) from " + relation);
    List<Pass> passes;
    try {
      passes = passes(types, true);
    } catch (InvalidInput e) {
      // Squares of values above 1e154 leave the range of a double: DuckDB fails then.
      if (!String.valueOf(e.getMessage()).contains("out of range")) throw e;
      passes = passes(types, false);
    }
    var sample = sample(passes, rows);
    var quantiles = quantiles(passes, sample);
    var columns = new ArrayList<ColumnStatistics>();
    for (int i = 0; i < passes.size(); i++) {
      var pass = passes.get(i);
      var numbers = pass.hasNumbers() ? numbers(pass, quantiles.get(i)) : null;
      var top = pass.hasTop() ? top(pass, sample, rows) : List.<Frequent>of();
      columns.add(
          new ColumnStatistics(
              pass.column().name(),
              pass.column().type(),
              rows - pass.present(),
              pass.distinct(),
              numbers,
              top));
    }
    return new Statistics(rows, sample.rows(), columns);
  }

  private List<Pass> passes(List<Engine.ColumnType> types, boolean deviation) {
    var result = new ArrayList<Pass>();
    for (int from = 0; from < types.size(); from += COLUMNS_A_PASS)
      result.addAll(
          pass(types.subList(from, Math.min(types.size(), from + COLUMNS_A_PASS)), deviation));
    return result;
  }

  private List<Pass> pass(List<Engine.ColumnType> types, boolean deviation) {
    var select = new ArrayList<String>();
    for (var type : types) {
      if (numeric(type.type())) {
        var x = number(type.name(), type.type());
        select.add(
            "count(%1$s), approx_count_distinct(%1$s), min(%1$s), max(%1$s), avg(%1$s)"
                .formatted(x));
        select.add(deviation ? "stddev_samp(" + x + ")" : "null");
      } else {
        select.add(
            "count(%1$s), approx_count_distinct(%1$s), null, null, null, null"
                .formatted(Sql.name(type.name())));
      }
    }
    return engine
        .query(
            "select %s from %s".formatted(String.join(", ", select), relation),
            row -> {
              var result = new ArrayList<Pass>();
              for (int i = 0; i < types.size(); i++) {
                var at = i * 6;
                var numbers = new double[4];
                for (int k = 0; k < 4; k++) {
                  numbers[k] = row.getDouble(at + 3 + k);
                  if (row.wasNull()) numbers[k] = Double.NaN;
                }
                long present = row.getLong(at + 1);
                result.add(
                    new Pass(
                        types.get(i),
                        present,
                        Math.min(present, row.getLong(at + 2)),
                        numbers[0],
                        numbers[1],
                        numbers[2],
                        numbers[3]));
              }
              return result;
            })
        .getFirst();
  }

  /**
   * Rows at positions p with p * 2654435761 mod 2^32 below a threshold: an evenly spread share of
   * the rows (Weyl's sequence), equal for equal data.
   */
  private Sample sample(List<Pass> passes, long rows) {
    if (rows <= ALL_ROWS_UP_TO) return new Sample(relation, rows);
    var columns =
        passes.stream()
            .filter(p -> p.hasNumbers() || p.hasTop() && p.distinct() > MOST_GROUPS)
            .map(p -> Sql.name(p.column().name()))
            .toList();
    if (columns.isEmpty()) return new Sample(relation, rows);
    var names = String.join(", ", columns);
    long below = Math.round((double) SAMPLE / rows * 4294967296.0);
    engine.execute(
        """
        create or replace temp table "profile sample" as
        select %s from (select %s, row_number() over () as "row position" from %s)
        where ("row position" * 2654435761) & 4294967295 < %d
        """
            .formatted(names, names, relation, below));
    return new Sample(
        "\"profile sample\"", engine.number("select count(*) from \"profile sample\""));
  }

  private Map<Integer, List<Double>> quantiles(List<Pass> passes, Sample sample) {
    var at =
        IntStream.range(0, passes.size()).filter(i -> passes.get(i).hasNumbers()).boxed().toList();
    var result = new HashMap<Integer, List<Double>>();
    if (at.isEmpty()) return result;
    // 0.005 and 0.995 bound the histogram; they are not part of what is shown.
    var wanted =
        "0.005, "
            + Statistics.PROBABILITIES.stream()
                .map(String::valueOf)
                .collect(Collectors.joining(", "))
            + ", 0.995";
    for (int from = 0; from < at.size(); from += COLUMNS_A_PASS) {
      var some = at.subList(from, Math.min(at.size(), from + COLUMNS_A_PASS));
      var select =
          some.stream()
              .map(i -> passes.get(i).column())
              .map(c -> "quantile_cont(%s, [%s])".formatted(number(c.name(), c.type()), wanted))
              .toList();
      engine.query(
          "select %s from %s".formatted(String.join(", ", select), sample.relation()),
          row -> {
            for (int k = 0; k < some.size(); k++)
              result.put(some.get(k), doubles(row.getArray(k + 1)));
            return true;
          });
    }
    return result;
  }

  private static List<Double> doubles(@Nullable Array array) throws SQLException {
    var result = new ArrayList<Double>();
    if (array == null) return result;
    for (var value : (Object[]) array.getArray()) result.add(((Number) value).doubleValue());
    return result;
  }

  private Numbers numbers(Pass pass, @Nullable List<Double> quantiles) {
    double scale = Math.max(Math.abs(pass.min()), Math.abs(pass.max()));
    boolean known = quantiles != null && quantiles.size() == Statistics.PROBABILITIES.size() + 2;
    // A column whose few values the sample missed is described by its range alone.
    var all =
        known && quantiles != null
            ? quantiles.stream().map(q -> shown(q, pass)).toList()
            : Collections.nCopies(Statistics.PROBABILITIES.size() + 2, pass.min());
    double low = known ? all.getFirst() : pass.min();
    double high = known ? all.getLast() : pass.max();
    if (low == high) {
      low = pass.min();
      high = pass.max();
    }
    var histogram = Double.isFinite(high - low) ? histogram(pass.column(), low, high) : null;
    return new Numbers(
        pass.min(),
        pass.max(),
        rounded(pass.mean(), scale),
        rounded(pass.stddev(), scale),
        all.subList(1, all.size() - 1),
        histogram);
  }

  /** Times are kept to the microsecond, as they are written. */
  private static double shown(double value, Pass pass) {
    return Frame.Kind.of(pass.column().type()) == Frame.Kind.TIME
        ? Statistics.seconds(Statistics.instant(value))
        : value;
  }

  static @Nullable Double rounded(double value, double scale) {
    if (!Double.isFinite(value)) return null;
    if (scale == 0 || value == 0) return 0.0;
    int places = DIGITS - 1 - (int) Math.floor(Math.log10(scale));
    return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN).doubleValue();
  }

  private Histogram histogram(Engine.ColumnType column, double low, double high) {
    return histogram(engine, relation, column, low, high);
  }

  /** Counts a column over given bins. */
  static Histogram histogram(
      Engine engine, String relation, Engine.ColumnType column, double low, double high) {
    int bins = Histogram.bins(low, high);
    var counts = new long[bins + 2];
    engine.query(
        "select %s as bin, count(*) from (select %s as x from %s) where x is not null group by bin"
            .formatted(
                Histogram.index("x", low, high), number(column.name(), column.type()), relation),
        row -> counts[row.getInt(1) + 1] = row.getLong(2));
    var inside = IntStream.rangeClosed(1, bins).mapToObj(i -> counts[i]).toList();
    return new Histogram(low, high, inside, counts[0], counts[bins + 1]);
  }

  private List<Frequent> top(Pass pass, Sample sample, long rows) {
    boolean few = pass.distinct() <= MOST_GROUPS;
    double factor = few || sample.rows() == 0 ? 1 : (double) rows / sample.rows();
    return engine.query(
        "select left(%1$s, %2$d), count(*) as n from %3$s where %1$s is not null group by %1$s order by n desc, %1$s limit %4$d"
            .formatted(
                text(pass.column().name()), LONGEST_VALUE, few ? relation : sample.relation(), TOP),
        row -> new Frequent(row.getString(1), Math.round(row.getLong(2) * factor)));
  }
}
