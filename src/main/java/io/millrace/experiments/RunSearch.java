package io.millrace.experiments;

import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.experiments.Comparison.Operator;
import io.millrace.experiments.Comparison.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Searches runs. Where the page is ordered by a metric that the filter asks for, and the runs
 * searched are many, the index of that metric's values is walked in its order; else the runs are
 * walked and their metrics looked up.
 */
final class RunSearch {
  private static final Map<String, String> TEXTS =
      Map.of(
          "run_id", "r.id",
          "run_name", "r.name",
          "status", "r.state",
          "artifact_uri", "r.artifacts",
          "user_id", "r.user_id");
  private static final Map<String, String> NUMBERS =
      Map.of("start_time", "r.started_at", "created", "r.started_at", "end_time", "r.ended_at");

  /** So many entries of the index are passed by in the time of a look at a run. */
  private static final int PASSED_BY = 20;

  /** Counting further would cost more than it can save. */
  private static final int MOST_COUNTED = 50_000;

  private enum Type {
    METRIC,
    PARAM,
    TAG,
    ATTRIBUTE,
    DATASET
  }

  private final Snapshot snapshot;
  private final MetricStore metrics;
  private final RunQuery query;
  private final SqlSearch sql = new SqlSearch();

  RunSearch(Snapshot snapshot, MetricStore metrics, RunQuery query) {
    this.snapshot = snapshot;
    this.metrics = metrics;
    this.query = query;
  }

  /** The numbers of the page's runs, in its order. */
  List<Long> numbers() {
    @Nullable Comparison leader = leader();
    if (!query.experiments().isEmpty())
      sql.where("r.experiment in (%s)".formatted(MetricStore.list(query.experiments())));
    switch (query.view()) {
      case ACTIVE_ONLY -> sql.where("r.lifecycle = 'ACTIVE'");
      case DELETED_ONLY -> sql.where("r.lifecycle = 'DELETED'");
      case ALL -> {}
    }
    for (var comparison : query.filter())
      if (!comparison.equals(leader)) sql.where(condition(comparison));
    var from = "run r";
    if (leader != null) {
      long key = key(leader.field().key());
      sql.where("o.key = " + sql.bind(key)).where(sql.number("o.value", leader));
      if (isIndexOrderCheaper()) {
        from =
            "latest_metric o indexed by latest_metric_by_value cross join run r on r.number = o.run";
        if (!query.experiments().isEmpty())
          sql.where("o.experiment in (%s)".formatted(MetricStore.list(query.experiments())));
      } else {
        from = "run r join latest_metric o on o.run = r.number";
      }
    }
    var joins = new StringBuilder();
    order(leader, joins);
    var end = sql.sql(joins.toString(), query.limit(), query.offset());
    return end.bind(snapshot.query("select r.number from " + from + end.text()))
        .mapTo(Long.class)
        .list();
  }

  /**
   * A condition on the metric that comes first in the order, which only runs that have it can meet.
   */
  private @Nullable Comparison leader() {
    if (query.order().isEmpty() || type(query.order().getFirst().field(), 1) != Type.METRIC)
      return null;
    var key = query.order().getFirst().field().key();
    for (var c : query.filter()) {
      if (type(c.field(), c.position()) == Type.METRIC
          && c.field().key().equals(key)
          && c.operator() != Operator.UNEQUAL) return c;
    }
    return null;
  }

  /**
   * Whether walking the index meets the page sooner than sorting all runs: it meets a run that
   * counts every (all / those searched) entries, and passing one by costs a small part of a look at
   * a run.
   */
  private boolean isIndexOrderCheaper() {
    if (query.filter().size() > 1) return false;
    if (query.experiments().isEmpty()) return true;
    long all = count("select coalesce(max(number), 0) from run");
    long searched =
        count(
            "select count(*) from (select 1 from run where experiment in (%s) limit %d)"
                .formatted(MetricStore.list(query.experiments()), MOST_COUNTED));
    return searched > 0
        && (query.offset() + query.limit()) * (1 + all / searched / PASSED_BY) < searched;
  }

  private long count(String text) {
    return snapshot.query(text).mapTo(Long.class).one();
  }

  private static Type type(Comparison.Field field, int position) {
    var type = field.type();
    if (type == null) return Type.ATTRIBUTE;
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "metric", "metrics" -> Type.METRIC;
      case "param", "params", "parameter", "parameters" -> Type.PARAM;
      case "tag", "tags" -> Type.TAG;
      case "attribute", "attributes", "attr", "run" -> Type.ATTRIBUTE;
      case "dataset", "datasets" -> Type.DATASET;
      default ->
          throw FilterParser.invalid(
              field,
              position,
              "has the type \"%s\": expected one of metrics, params, tags, attributes, datasets"
                  .formatted(type));
    };
  }

  private long key(String name) {
    @Nullable Long key = metrics.findKey(snapshot, name);
    return key == null ? -1 : key;
  }

  private String condition(Comparison c) {
    return switch (type(c.field(), c.position())) {
      case METRIC -> {
        var value = sql.number("m.value", c);
        yield "exists (select 1 from latest_metric m where m.run = r.number and m.key = %d and (%s%s))"
            .formatted(
                key(c.field().key()),
                value,
                c.operator() == Operator.UNEQUAL ? " or m.value is null" : "");
      }
      case PARAM -> sql.keyed("param p where p.run = r.number", "p", noList(c));
      case TAG -> sql.keyed("tag t where t.run = r.number", "t", noList(c));
      case ATTRIBUTE -> attribute(c);
      case DATASET -> dataset(c);
    };
  }

  private static Comparison noList(Comparison c) {
    if (c.value() instanceof Value.Texts)
      throw FilterParser.invalid(
          c, "cannot be compared with a list: expected = != LIKE ILIKE or IS NULL");
    return c;
  }

  private String attribute(Comparison c) {
    var key = c.field().key();
    @Nullable String number = NUMBERS.get(key);
    if (number != null) return sql.number(number, c);
    @Nullable String text = TEXTS.get(key);
    if (text == null)
      throw FilterParser.invalid(
          c,
          "is no attribute of runs: expected one of run_id, run_name, status, artifact_uri, user_id, start_time, end_time");
    if (c.value() instanceof Value.Texts && !key.equals("run_id"))
      throw new InvalidInput(
          "Only ['run_id'] attributes support comparison with a list of quoted string values.");
    if (c.operator() == Operator.IS_NULL || c.operator() == Operator.IS_NOT_NULL)
      throw FilterParser.invalid(c, "is never missing: expected = != LIKE or ILIKE");
    // A lost run is KILLED to MLflow's clients, who know no other word for it.
    if (key.equals("status")
        && !(c.value() instanceof Value.Text(String value) && value.equals("LOST")))
      return sql.text("(case r.state when 'LOST' then 'KILLED' else r.state end)", c);
    return sql.text(text, c);
  }

  private String dataset(Comparison c) {
    var column =
        switch (c.field().key()) {
          case "name" -> "d.name";
          case "digest" -> "d.digest";
          case "context" -> "i.context";
          default ->
              throw FilterParser.invalid(
                  c, "is no attribute of datasets: expected one of name, digest, context");
        };
    return "exists (select 1 from run_input i join dataset_input d on d.id = i.dataset where i.run = r.number and %s)"
        .formatted(sql.text(column, c));
  }

  private void order(@Nullable Comparison leader, StringBuilder joins) {
    var seen = new HashSet<String>();
    int number = 0;
    for (var order : query.order()) {
      var field = order.field();
      var type = type(field, order.position());
      if (!seen.add(type + " " + field.key()))
        throw new InvalidInput("order_by names \"%s\" twice; once is enough".formatted(field));
      var direction = order.ascending() ? "asc" : "desc";
      var alias = "o" + number++;
      switch (type) {
        case METRIC -> {
          if (leader != null && number == 1) {
            sql.orderBy("o.value " + direction);
          } else {
            joins.append(
                " left join latest_metric %s on %s.run = r.number and %s.key = %d"
                    .formatted(alias, alias, alias, key(field.key())));
            sql.orderBy(
                    "case when %s.run is null then 2 when %s.value is null then 1 else 0 end"
                        .formatted(alias, alias))
                .orderBy(alias + ".value " + direction);
          }
        }
        case PARAM, TAG -> {
          joins.append(
              " left join %s %s on %s.run = r.number and %s.key = %s"
                  .formatted(
                      type == Type.PARAM ? "param" : "tag",
                      alias,
                      alias,
                      alias,
                      sql.bind(field.key())));
          sql.orderBy("%s.run is null".formatted(alias)).orderBy(alias + ".value " + direction);
        }
        case ATTRIBUTE -> {
          @Nullable String column = NUMBERS.getOrDefault(field.key(), TEXTS.get(field.key()));
          if (column == null)
            throw FilterParser.invalid(
                field,
                order.position(),
                "is no attribute of runs to order by: expected one of "
                    + java.util.stream.Stream.concat(
                            TEXTS.keySet().stream(), NUMBERS.keySet().stream())
                        .sorted()
                        .collect(Collectors.joining(", ")));
          sql.orderBy("%s is null".formatted(column)).orderBy(column + " " + direction);
        }
        case DATASET -> throw FilterParser.invalid(field, order.position(), "cannot be ordered by");
      }
    }
    sql.orderBy("r.started_at desc").orderBy("r.id");
  }
}
