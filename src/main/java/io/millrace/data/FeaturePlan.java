package io.millrace.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the columns beside the label are good for.
 *
 * @param kept every column that has a value, in order, with its type in a contract's words
 * @param ignored those of the kept that are not learnt from
 * @param key a column whose value is another in every row
 * @param slices columns of few different texts
 */
record FeaturePlan(
    List<Kept> kept,
    List<String> ignored,
    @Nullable String key,
    List<String> slices,
    List<String> notes) {
  /** A column of the query. */
  record Kept(String name, String sql, String type, boolean unique) {}

  private static final Pattern ID =
      Pattern.compile(
          "(?i)(.*[_ .-])?(id|ids|key|uuid|guid|index|no|nr|row|number)|.*[a-z]I[dD]|unnamed: ?0");
  private static final int FEW = 20;
  private static final int MOST_SLICES = 3;
  private static final double MANY_TEXTS = 0.3;
  private static final long MOST_TEXTS = 1_000;
  private static final double GIVES_AWAY = 0.95;

  static FeaturePlan of(
      Engine engine, String relation, Statistics statistics, LabelPlan label, OddValues odd) {
    return new Reading(engine, relation, statistics, label, odd).read();
  }

  /** One reading of a table's columns. */
  private static final class Reading {
    private final Engine engine;
    private final String relation;
    private final Statistics statistics;
    private final LabelPlan label;
    private final OddValues odd;
    private final List<Kept> kept = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();
    private final List<String> slices = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable String key;

    Reading(Engine engine, String relation, Statistics statistics, LabelPlan label, OddValues odd) {
      this.engine = engine;
      this.relation = relation;
      this.statistics = statistics;
      this.label = label;
      this.odd = odd;
    }

    FeaturePlan read() {
      for (var column : statistics.columns())
        if (!column.name().equals(label.column())) read(column);
      return new FeaturePlan(kept, ignored, key, slices, notes);
    }

    private void read(ColumnStatistics column) {
      long present = statistics.rows() - column.nulls();
      var name = column.name();
      if (present == 0) {
        notes.add("column \"%s\" is empty and left out".formatted(name));
        return;
      }
      boolean unique =
          present == statistics.rows()
              && statistics.rows() > 1
              && column.distinct() > 0.9 * statistics.rows()
              && isUnique(name);
      var kind = Frame.Kind.of(column.type());
      var word = ColumnContract.word(column.type());
      var sql =
          kind == Frame.Kind.BOOLEAN
              ? "cast(%s as integer)".formatted(Sql.name(name))
              : Sql.name(name);
      kept.add(new Kept(name, sql, kind == Frame.Kind.BOOLEAN ? "integer" : word, unique));
      if (kind == Frame.Kind.TEXT) odd.why(name).ifPresent(notes::add);
      var reason = whyIgnored(column, kind, present, unique);
      if (reason != null) {
        ignored.add(name);
        notes.add("\"%s\" is not learnt from: %s".formatted(name, reason));
      } else {
        if (kind == Frame.Kind.TEXT
            && column.distinct() >= 2
            && column.distinct() <= FEW
            && slices.size() < MOST_SLICES) slices.add(name);
        if (givesAway(column)) {
          notes.add(
              "\"%s\" alone tells almost every label: make sure that it is known when a prediction is due, or add it to ignore in the pipeline"
                  .formatted(name));
        }
      }
      if (unique && key == null && (kind == Frame.Kind.TEXT || word.equals("integer"))) key = name;
    }

    /** The names that a model's answers have, by what it predicts. */
    private Set<String> outputs() {
      return switch (label.task()) {
        case BINARY -> Set.of("probability");
        case MULTICLASS -> Set.of("probabilities", "label");
        case REGRESSION -> Set.of("prediction");
      };
    }

    private boolean isUnique(String name) {
      return engine.number("select count(distinct %s) from %s".formatted(Sql.name(name), relation))
          == statistics.rows();
    }

    private @Nullable String whyIgnored(
        ColumnStatistics column, Frame.Kind kind, long present, boolean unique) {
      if (column.distinct() == 1 && column.nulls() == 0) return "it has one value only";
      if (outputs().contains(column.name()))
        return "the model's answer has this name; to learn from it, give it another in the query, and in what you predict from";
      return switch (kind) {
        case TIME ->
            "it is a date or time; take parts of it in the query, such as extract(hour from %s)"
                .formatted(Sql.name(column.name()));
        case TEXT -> {
          if (column.distinct() <= 2
              || column.distinct() <= MANY_TEXTS * present && column.distinct() <= MOST_TEXTS)
            yield null;
          yield odd.areLongNumbers(column.name())
              ? "it holds whole numbers of more than 18 digits, which are kept as text; where they are quantities and no keys, learn from cast(%s as double) in the query"
                  .formatted(Sql.name(column.name()))
              : "%,d rows have about %,d different texts".formatted(present, column.distinct());
        }
        case NUMBER -> {
          if (!unique) yield null;
          var numbers = column.numbers();
          boolean counts =
              numbers != null
                  && ColumnContract.word(column.type()).equals("integer")
                  && numbers.max() - numbers.min() + 1 == statistics.rows();
          yield counts || ID.matcher(column.name()).matches() ? "it numbers the rows" : null;
        }
        case BOOLEAN, OTHER -> null;
      };
    }

    /**
     * Whether predicting the commonest label of each value is wrong for less than a twentieth of
     * the rows.
     */
    private boolean givesAway(ColumnStatistics column) {
      if (label.task() == LabelPlan.Task.REGRESSION
          || column.distinct() > MOST_TEXTS
          || column.distinct() * 5 > statistics.rows()) return false;
      var share =
          engine
              .query(
                  """
                  with pairs as (select %1$s as x, %2$s as y from %3$s where %4$s is not null),
                  counted as (select x, y, count(*) as n from pairs group by all)
                  select (select sum(m) from (select max(n) as m from counted group by x)) / sum(n), max(total) / sum(n)
                  from (select n, sum(n) over (partition by y) as total from counted)
                  """
                      .formatted(
                          Sql.name(column.name()), label.sql(), relation, Sql.name(label.column())),
                  row -> new double[] {row.getDouble(1), row.getDouble(2)})
              .getFirst();
      return share[0] >= GIVES_AWAY && 1 - share[0] < 0.3 * (1 - share[1]);
    }
  }

  /** A name for people and files: letters, digits, '-', beginning with a letter or digit. */
  static String slug(String text) {
    var slug =
        java.text.Normalizer.normalize(text, java.text.Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9_]+", "-")
            .replaceAll("^[-_]+|[-_]+$", "");
    return slug.isEmpty() ? "table" : slug.substring(0, Math.min(64, slug.length()));
  }
}
