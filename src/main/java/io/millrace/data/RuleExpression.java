package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads an expression over a row's columns and refuses what is more than that: subqueries,
 * aggregates, windows, and functions whose answer is another each time or that read or do something
 * outside the row.
 */
final class RuleExpression {
  private static final Set<String> PARTS =
      Set.of(
          "COLUMN_REF",
          "CONSTANT",
          "COMPARISON",
          "CONJUNCTION",
          "OPERATOR",
          "CASE",
          "CAST",
          "BETWEEN",
          "FUNCTION",
          "COLLATE",
          "TYPE");
  private static final Set<String> MACROS =
      Set.of(
          "nullif",
          "if",
          "split_part",
          "fmod",
          "fdiv",
          "date_add",
          "days_in_month",
          "array_to_string");
  private static final Set<String> FORBIDDEN =
      Set.of(
          "current_localtime",
          "current_localtimestamp",
          "current_date",
          "current_time",
          "current_timestamp",
          "localtime",
          "localtimestamp",
          "age",
          "version",
          "error",
          "constant_or_null",
          "invoke",
          "finalize",
          "combine",
          "json_serialize_plan",
          "parse_duckdb_log_message");

  private RuleExpression() {}

  /** Columns of the relation that the expression reads, in the order of their first use. */
  static List<String> columns(Engine engine, Rule rule, Collection<String> columns) {
    var parsed = parse(engine, rule);
    var names = new ArrayList<String>();
    var functions = new HashSet<String>();
    collect(rule, parsed, names, functions);
    checkFunctions(engine, rule, functions);
    var result = new ArrayList<String>();
    for (var name : names) {
      var known = columns.stream().filter(c -> c.equalsIgnoreCase(name)).findFirst();
      if (known.isEmpty())
        throw wrong(rule, "no column \"%s\"%s".formatted(name, Names.suggestion(name, columns)));
      if (!result.contains(known.get())) result.add(known.get());
    }
    return result;
  }

  /** As columns, where the columns are not known yet. */
  static void check(Engine engine, Rule rule) {
    var functions = new HashSet<String>();
    collect(rule, parse(engine, rule), new ArrayList<>(), functions);
    checkFunctions(engine, rule, functions);
  }

  /** SQL of the rule as one operand. */
  static String sql(Rule rule) {
    return "(" + rule.expression() + "\n)";
  }

  private static JsonNode parse(Engine engine, Rule rule) {
    var answer =
        Json.parse(
            engine
                .query(
                    "select json_serialize_sql(cast(? as varchar))",
                    row -> row.getString(1),
                    "select " + sql(rule))
                .getFirst());
    if (answer.path("error").asBoolean()) {
      throw wrong(
          rule,
          "%s; write one condition of SQL such as \"a >= 0 and b is not null\""
              .formatted(Engine.tooDeep(answer.path("error_message").asText())));
    }
    var statements = answer.path("statements");
    var node = statements.path(0).path("node");
    boolean plain =
        statements.size() == 1
            && node.path("type").asText().equals("SELECT_NODE")
            && node.path("select_list").size() == 1
            && node.path("from_table").path("type").asText().equals("EMPTY")
            && node.path("modifiers").isEmpty()
            && node.path("group_expressions").isEmpty()
            && node.path("cte_map").path("map").isEmpty();
    for (var part : List.of("where_clause", "having", "qualify", "sample"))
      plain &= node.path(part) instanceof NullNode;
    if (!plain) throw wrong(rule, "one condition over a row's columns is allowed, not a statement");
    return node.path("select_list").path(0);
  }

  private static void collect(Rule rule, JsonNode node, List<String> names, Set<String> functions) {
    if (node.has("class")) {
      var part = node.path("class").asText();
      if (!PARTS.contains(part)) {
        var what =
            switch (part) {
              case "SUBQUERY" -> "a subquery";
              case "WINDOW" -> "a window function";
              case "STAR" -> "a star";
              case "PARAMETER" -> "a parameter";
              case "LAMBDA" -> "a lambda";
              default -> part.toLowerCase(Locale.ROOT);
            };
        throw wrong(
            rule, "%s is not allowed: a rule looks at one row's columns only".formatted(what));
      }
      if (part.equals("COLUMN_REF")) names.add(node.path("column_names").path(0).asText());
      if (part.equals("FUNCTION"))
        functions.add(node.path("function_name").asText().toLowerCase(Locale.ROOT));
    }
    for (var child : node) collect(rule, child, names, functions);
  }

  private static void checkFunctions(Engine engine, Rule rule, Set<String> functions) {
    for (var name : functions) {
      if (MACROS.contains(name)) continue;
      var kinds =
          engine.query(
              "select function_type || '/' || coalesce(stability, '') from duckdb_functions() where lower(function_name) = ?",
              row -> row.getString(1),
              name);
      if (kinds.isEmpty()) throw wrong(rule, "there is no function %s()".formatted(name));
      if (kinds.contains("scalar/CONSISTENT")
          && !kinds.contains("scalar/VOLATILE")
          && !kinds.contains("scalar/CONSISTENT_WITHIN_QUERY")
          && !FORBIDDEN.contains(name)) continue;
      if (kinds.stream().anyMatch(k -> k.startsWith("aggregate/")))
        throw wrong(
            rule,
            "%s() is about many rows; a rule looks at one row's columns only".formatted(name));
      throw wrong(
          rule, "%s() is not allowed: its answer does not depend on the row alone".formatted(name));
    }
  }

  /** What the engine says, without the statement that was built around the expression. */
  static String brief(InvalidInput e) {
    return String.valueOf(e.getMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceFirst("^[A-Z][A-Za-z ]+ Error: ", "");
  }

  static InvalidInput wrong(Rule rule, String why) {
    return new InvalidInput("rule \"%s\" (%s): %s".formatted(rule.name(), rule.expression(), why));
  }
}
