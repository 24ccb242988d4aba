package io.millrace.experiments;

import io.millrace.experiments.Comparison.Operator;
import io.millrace.experiments.Comparison.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.Query;

/** A statement that grows: its conditions, its order, and the values bound in it. */
public final class SqlSearch {
  private final List<String> conditions = new ArrayList<>();
  private final List<String> orders = new ArrayList<>();
  private final Map<String, Object> binds = new HashMap<>();

  /** A statement's end, from its joins on. */
  record Sql(String text, Map<String, Object> binds) {
    Query bind(Query query) {
      return query.bindMap(binds);
    }
  }

  /** The name under which the value is bound. */
  public String bind(Object value) {
    var name = "b" + binds.size();
    binds.put(name, value);
    return ":" + name;
  }

  public SqlSearch where(String condition) {
    conditions.add(condition);
    return this;
  }

  public SqlSearch orderBy(String order) {
    orders.add(order);
    return this;
  }

  /** The end of a statement, with what stands between its table and its conditions. */
  Sql sql(String joins, int limit, long offset) {
    var text = new StringBuilder(joins);
    if (!conditions.isEmpty()) text.append(" where ").append(String.join(" and ", conditions));
    if (!orders.isEmpty()) text.append(" order by ").append(String.join(", ", orders));
    text.append(" limit ").append(limit).append(" offset ").append(offset);
    return new Sql(text.toString(), binds);
  }

  /** The end of a statement without joins. */
  public String text(int limit, long offset) {
    return sql("", limit, offset).text();
  }

  public Map<String, Object> binds() {
    return binds;
  }

  /** A condition on a column of text. */
  public String text(String column, Comparison c) {
    return switch (c.operator()) {
      case EQUAL, UNEQUAL -> "%s %s %s".formatted(column, c.operator().text(), bind(textOf(c)));
      case LIKE -> "wildcard(%s, %s, 0) = 1".formatted(bind(textOf(c)), column);
      case ILIKE -> "wildcard(%s, %s, 1) = 1".formatted(bind(textOf(c)), column);
      case IN, NOT_IN -> {
        var names = new ArrayList<String>();
        for (var one : textsOf(c)) names.add(bind(one));
        yield "%s %s (%s)"
            .formatted(
                column,
                c.operator().text().toLowerCase(java.util.Locale.ROOT),
                String.join(", ", names));
      }
      case IS_NULL -> column + " is null";
      case IS_NOT_NULL -> column + " is not null";
      case GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL ->
          throw FilterParser.invalid(
              c, "is a text: expected = != LIKE or ILIKE, not " + c.operator().text());
    };
  }

  /** A condition on a column of numbers. */
  public String number(String column, Comparison c) {
    if (!(c.operator() == Operator.EQUAL
        || c.operator() == Operator.UNEQUAL
        || c.operator().isOrder()))
      throw FilterParser.invalid(
          c, "is a number: expected = != > >= < or <=, not " + c.operator().text());
    if (!(c.value() instanceof Value.Numeric(double number, String written)))
      throw FilterParser.invalid(c, "is a number: expected one without quotes to compare it with");
    Object value = number;
    if (written.matches("[+-]?\\d{1,18}")) value = Long.parseLong(written);
    return "%s %s %s".formatted(column, c.operator().text(), bind(value));
  }

  /** As number, for a column of whole numbers. */
  public String whole(String column, Comparison c) {
    if (c.value() instanceof Value.Numeric(_, String written) && !written.matches("[+-]?\\d{1,18}"))
      throw FilterParser.invalid(c, "is a whole number: got %s".formatted(written));
    return number(column, c);
  }

  static String textOf(Comparison c) {
    if (c.value() instanceof Value.Text(String text)) return text;
    throw FilterParser.invalid(c, "is a text: expected one in quotes to compare it with");
  }

  static List<String> textsOf(Comparison c) {
    if (c.value() instanceof Value.Texts(List<String> texts)) return texts;
    throw FilterParser.invalid(c, "expected a list of texts in quotes");
  }

  /**
   * A condition on rows of keys and values that belong to what is searched.
   *
   * @param rows the table and how its rows belong, such as {@code tag t where t.run = r.number}
   */
  public String keyed(String rows, String alias, Comparison c) {
    var exists =
        "exists (select 1 from %s and %s.key = %s".formatted(rows, alias, bind(c.field().key()));
    return switch (c.operator()) {
      case IS_NULL -> "not " + exists + ")";
      case IS_NOT_NULL -> exists + ")";
      default -> exists + " and " + text(alias + ".value", c) + ")";
    };
  }
}
