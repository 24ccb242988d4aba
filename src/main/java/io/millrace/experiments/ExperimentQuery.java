package io.millrace.experiments;

import io.millrace.base.InvalidInput;
import io.millrace.experiments.Comparison.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/** A search for experiments. */
public record ExperimentQuery(
    List<Comparison> filter,
    List<FilterParser.Order> order,
    RunQuery.View view,
    int limit,
    long offset) {

  SqlSearch.Sql sql() {
    var sql = new SqlSearch();
    switch (view) {
      case ACTIVE_ONLY -> sql.where("e.lifecycle = 'ACTIVE'");
      case DELETED_ONLY -> sql.where("e.lifecycle = 'DELETED'");
      case ALL -> {}
    }
    for (var c : filter) sql.where(condition(sql, c));
    var seen = new HashSet<String>();
    for (var one : order) {
      var column = column(one);
      if (!seen.add(column))
        throw new InvalidInput(
            "order_by names \"%s\" twice; once is enough".formatted(one.field()));
      sql.orderBy(column + (one.ascending() ? " asc" : " desc"));
    }
    if (order.isEmpty()) sql.orderBy("e.created_at desc");
    sql.orderBy("e.id");
    return sql.sql("", limit, offset);
  }

  private static String condition(SqlSearch sql, Comparison c) {
    var type = c.field().type();
    var key = c.field().key();
    if (type != null && (type.equalsIgnoreCase("tag") || type.equalsIgnoreCase("tags"))) {
      if (c.value() instanceof Value.Texts)
        throw FilterParser.invalid(
            c, "cannot be compared with a list: expected = != LIKE ILIKE or IS NULL");
      return sql.keyed("experiment_tag t where t.experiment = e.id", "t", c);
    }
    if (type != null && !type.toLowerCase(Locale.ROOT).equals("attribute"))
      throw FilterParser.invalid(
          c, "has the type \"%s\": expected attribute or tags".formatted(type));
    return switch (key) {
      case "name" -> sql.text("e.name", c);
      case "creation_time" -> sql.whole("e.created_at", c);
      case "last_update_time" -> sql.whole("e.updated_at", c);
      case "experiment_id" -> {
        var ids =
            c.value() instanceof Value.Texts ? SqlSearch.textsOf(c) : List.of(SqlSearch.textOf(c));
        if (!ids.stream().allMatch(id -> id.matches("\\d{1,18}")))
          throw FilterParser.invalid(c, "expected whole numbers in quotes");
        yield sql.text("cast(e.id as text)", c);
      }
      default ->
          throw FilterParser.invalid(
              c,
              "is no attribute of experiments: expected one of name, experiment_id, creation_time, last_update_time, tags.KEY");
    };
  }

  private static String column(FilterParser.Order order) {
    var type = order.field().type();
    var column =
        type != null && !type.equalsIgnoreCase("attribute")
            ? ""
            : switch (order.field().key()) {
              case "name" -> "e.name";
              case "experiment_id" -> "e.id";
              case "creation_time" -> "e.created_at";
              case "last_update_time" -> "e.updated_at";
              default -> "";
            };
    if (column.isEmpty())
      throw FilterParser.invalid(
          order.field(),
          order.position(),
          "cannot be ordered by: expected one of name, experiment_id, creation_time, last_update_time");
    return column;
  }
}
