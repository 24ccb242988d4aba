package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a column asks for as a label, judged by its type and its different values.
 *
 * @param task binary, multiclass or regression
 * @param sql the label as the model is to learn it: 0 and 1, text classes, or a number
 * @param type of that, in a contract's words
 * @param values the classes, as texts; empty for regression
 * @param smallest rows of the rarest class
 */
record LabelPlan(
    Task task,
    String column,
    String sql,
    String type,
    List<String> values,
    long smallest,
    List<String> notes) {
  enum Task {
    BINARY,
    MULTICLASS,
    REGRESSION;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int MOST_CLASSES = 100;
  private static final int MOST_NUMBERS_AS_CLASSES = 20;
  private static final Set<String> YES =
      Set.of(
          "1",
          "true",
          "t",
          "yes",
          "y",
          "positive",
          "pos",
          "p",
          "bad",
          "fraud",
          "spam",
          "churn",
          "churned",
          "late",
          ">50k");

  private record Value(String text, long rows) {}

  static LabelPlan of(
      Engine engine, String relation, List<Engine.ColumnType> types, String label, OddValues odd) {
    var found =
        types.stream()
            .filter(t -> t.name().equals(label))
            .findFirst()
            .or(() -> types.stream().filter(t -> t.name().equalsIgnoreCase(label)).findFirst());
    if (found.isEmpty()) {
      throw new InvalidInput(
          "no column \"%s\" to predict%s"
              .formatted(
                  label,
                  Names.suggestion(label, types.stream().map(Engine.ColumnType::name).toList())));
    }
    var column = found.get();
    var name = Sql.name(column.name());
    var values =
        engine.query(
            "select cast(%1$s as varchar), count(*) from %2$s where %1$s is not null group by %1$s order by %1$s limit %3$d"
                .formatted(name, relation, MOST_CLASSES + 1),
            row -> new Value(row.getString(1), row.getLong(2)));
    if (values.isEmpty())
      throw new InvalidInput(
          "column \"%s\" has no value in any row; nothing can be learnt from it"
              .formatted(column.name()));
    if (values.size() == 1) {
      throw new InvalidInput(
          "column \"%s\" has the same value \"%s\" in every row; a label needs at least two"
              .formatted(column.name(), values.getFirst().text()));
    }
    return switch (Frame.Kind.of(column.type())) {
      case BOOLEAN ->
          binary(column.name(), values, "cast(%s as integer)".formatted(name), "true", List.of());
      case TEXT -> {
        if (values.size() > MOST_NUMBERS_AS_CLASSES) odd.checkLabel(column.name());
        yield text(column.name(), name, values);
      }
      case NUMBER -> number(engine, relation, column, values);
      case TIME, OTHER ->
          throw new InvalidInput(
              "column \"%s\" is of type %s; a label is a number, a truth value or text: make one of it first"
                  .formatted(column.name(), column.type().toLowerCase(Locale.ROOT)));
    };
  }

  private static LabelPlan binary(
      String column, List<Value> values, String sql, String positive, List<String> notes) {
    long smallest = values.stream().mapToLong(Value::rows).min().orElse(0);
    var all = new ArrayList<>(notes);
    if (!positive.equals("1"))
      all.add(
          "the model predicts the probability that \"%s\" is \"%s\"".formatted(column, positive));
    return new LabelPlan(Task.BINARY, column, sql, "integer", List.of("0", "1"), smallest, all);
  }

  private static LabelPlan text(String column, String name, List<Value> values) {
    if (values.size() > MOST_CLASSES) {
      throw new InvalidInput(
          "column \"%s\" has more than %d different texts; that is no class to predict: group them first, or name another label"
              .formatted(column, MOST_CLASSES));
    }
    if (values.size() > 2) return classes(column, name, values);
    var a = values.get(0);
    var b = values.get(1);
    boolean first =
        YES.contains(a.text().toLowerCase(Locale.ROOT))
            || !YES.contains(b.text().toLowerCase(Locale.ROOT)) && a.rows() < b.rows();
    return pair(column, name, values, first ? a : b, first ? b : a);
  }

  /** One of two values as 1, the other as 0. */
  private static LabelPlan pair(
      String column, String name, List<Value> values, Value positive, Value negative) {
    var sql =
        "case cast(%s as varchar) when %s then 1 when %s then 0 end"
            .formatted(name, Sql.text(positive.text()), Sql.text(negative.text()));
    return binary(column, values, sql, positive.text(), List.of());
  }

  private static LabelPlan classes(String column, String name, List<Value> values) {
    long smallest = values.stream().mapToLong(Value::rows).min().orElse(0);
    var notes =
        smallest >= 10
            ? List.<String>of()
            : List.of(
                "the rarest class of \"%s\" has %d rows; a model can hardly learn it"
                    .formatted(column, smallest));
    return new LabelPlan(
        Task.MULTICLASS,
        column,
        "cast(%s as varchar)".formatted(name),
        "text",
        values.stream().map(Value::text).collect(Collectors.toList()),
        smallest,
        notes);
  }

  private static LabelPlan number(
      Engine engine, String relation, Engine.ColumnType column, List<Value> values) {
    var name = Sql.name(column.name());
    boolean few = values.size() <= MOST_NUMBERS_AS_CLASSES;
    boolean whole =
        few
            && engine.number(
                    "select count(*) from %1$s where %2$s <> floor(%2$s)".formatted(relation, name))
                == 0;
    if (values.size() == 2) {
      var ordered =
          values.stream()
              .sorted((a, b) ->
                  Double.compare(Double.parseDouble(a.text()), Double.parseDouble(b.text())))
              .toList();
      boolean plain =
          Double.parseDouble(ordered.get(0).text()) == 0
              && Double.parseDouble(ordered.get(1).text()) == 1;
      return plain
          ? binary(column.name(), values, "cast(%s as integer)".formatted(name), "1", List.of())
          : pair(column.name(), name, values, ordered.get(1), ordered.get(0));
    }
    long rows = values.stream().mapToLong(Value::rows).sum();
    if (whole && rows >= 10L * values.size()) {
      var plan = classes(column.name(), "cast(%s as bigint)".formatted(name), values);
      var notes = new ArrayList<>(plan.notes());
      notes.add(
          "\"%s\" has %d different whole numbers and is taken as classes; for a quantity, use evaluate/regression and objective: regression"
              .formatted(column.name(), values.size()));
      return new LabelPlan(
          plan.task(),
          plan.column(),
          plan.sql(),
          plan.type(),
          plan.values().stream().map(LabelPlan::withoutFraction).toList(),
          plan.smallest(),
          notes);
    }
    return new LabelPlan(
        Task.REGRESSION,
        column.name(),
        "cast(%s as double)".formatted(name),
        "number",
        List.of(),
        rows,
        List.of());
  }

  private static String withoutFraction(String number) {
    return number.endsWith(".0") ? number.substring(0, number.length() - 2) : number;
  }
}
