package io.millrace.experiments;

import io.millrace.experiments.Comparison.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A search for logged models.
 *
 * @param datasets on which metrics count; all where it is empty
 */
public record LoggedModelQuery(
    List<Long> experiments,
    List<Comparison> filter,
    List<Dataset> datasets,
    List<Order> order,
    int limit,
    long offset) {
  private static final Map<String, String> COLUMNS =
      Map.of(
          "name", "m.name",
          "model_name", "m.name",
          "model_id", "m.id",
          "model_type", "m.type",
          "status", "m.status",
          "source_run_id", "m.run",
          "experiment_id", "m.experiment",
          "creation_timestamp", "m.created_at",
          "creation_time", "m.created_at",
          "last_updated_timestamp", "m.updated_at");
  private static final Set<String> NUMBERS = Set.of("m.created_at", "m.updated_at", "m.experiment");

  /**
   * @param digest any where it is null
   */
  public record Dataset(String name, @Nullable String digest) {}

  /**
   * @param dataset on which a metric counts, or null
   */
  public record Order(Comparison.Field field, boolean ascending, @Nullable Dataset dataset) {}

  SqlSearch.Sql sql() {
    var sql = new SqlSearch();
    sql.where("m.deleted_at is null");
    sql.where("m.experiment in (%s)".formatted(MetricStore.list(experiments)));
    for (var c : filter) sql.where(condition(sql, c));
    int number = 0;
    for (var one : order) {
      var direction = one.ascending() ? " asc" : " desc";
      if ("metrics".equals(one.field().type())) {
        var value =
            "(select x%d.value from logged_model_metric x%d where x%d.model = m.id and x%d.key = %s%s order by x%d.at desc limit 1)"
                .formatted(
                    number,
                    number,
                    number,
                    number,
                    sql.bind(one.field().key()),
                    one.dataset() == null
                        ? ""
                        : " and " + on(sql, "x" + number, List.of(one.dataset())),
                    number);
        sql.orderBy(value + " is null").orderBy(value + direction);
        number++;
      } else {
        sql.orderBy(column(one.field(), 1) + direction);
      }
    }
    if (order.isEmpty()) sql.orderBy("m.created_at desc");
    sql.orderBy("m.id");
    return sql.sql("", limit, offset);
  }

  private String condition(SqlSearch sql, Comparison c) {
    var type = c.field().type();
    return switch (type == null ? "attributes" : type.toLowerCase(Locale.ROOT)) {
      case "metrics" ->
          "exists (select 1 from logged_model_metric x where x.model = m.id and x.key = %s%s and (%s%s))"
              .formatted(
                  sql.bind(c.field().key()),
                  datasets.isEmpty() ? "" : " and " + on(sql, "x", datasets),
                  sql.number("x.value", c),
                  c.operator() == Operator.UNEQUAL ? " or x.value is null" : "");
      case "params" -> sql.keyed("logged_model_param x where x.model = m.id", "x", c);
      case "tags" -> sql.keyed("logged_model_tag x where x.model = m.id", "x", c);
      case "attributes" -> {
        var column = column(c.field(), c.position());
        yield NUMBERS.contains(column) ? sql.number(column, c) : sql.text(column, c);
      }
      default ->
          throw FilterParser.invalid(
              c,
              "has the type \"%s\": expected one of metrics, params, tags, attributes"
                  .formatted(type));
    };
  }

  private static String on(SqlSearch sql, String alias, List<Dataset> datasets) {
    var any = new ArrayList<String>();
    for (var dataset : datasets) {
      var name = "%s.dataset_name = %s".formatted(alias, sql.bind(dataset.name()));
      any.add(
          dataset.digest() == null
              ? name
              : "(%s and %s.dataset_digest = %s)"
                  .formatted(name, alias, sql.bind(dataset.digest())));
    }
    return "(" + String.join(" or ", any) + ")";
  }

  private static String column(Comparison.Field field, int position) {
    @Nullable String column = COLUMNS.get(field.key());
    if (column == null)
      throw FilterParser.invalid(
          field,
          position,
          "is no attribute of logged models: expected one of "
              + String.join(", ", COLUMNS.keySet().stream().sorted().toList()));
    return column;
  }
}
