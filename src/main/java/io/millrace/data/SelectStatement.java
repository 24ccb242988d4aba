package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.pipelines.Component.Reads;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One SELECT statement as DuckDB parsed it: checked to read nothing but the tables it may, and to
 * say the same whenever it runs; its parameters replaced by values, its order made total.
 *
 * <p>A statement's result depends on its tables alone when it calls no function whose answer
 * changes by itself, samples nothing, and is run on one thread. Rows that are equal in every column
 * of the result are interchangeable, so ordering by all columns after those the statement names
 * fixes the bytes of the result.
 */
final class SelectStatement {
  private static final Set<String> TABLE_FUNCTIONS = Set.of("range", "generate_series", "unnest");

  /** Words that SQL reads as functions where no column has that name. */
  private static final Set<String> WORDS =
      Set.of(
          "current_catalog",
          "current_date",
          "current_role",
          "current_schema",
          "current_time",
          "current_timestamp",
          "current_user",
          "localtime",
          "localtimestamp",
          "session_user",
          "user");

  private final Engine engine;
  private final String sql;
  private final ObjectNode document;

  private SelectStatement(Engine engine, String sql, ObjectNode document) {
    this.engine = engine;
    this.sql = sql;
    this.document = document;
  }

  /** Parses the text; refuses anything but a single SELECT, with the place and DuckDB's reason. */
  static SelectStatement parse(Engine engine, String sql) {
    if (sql.isBlank()) throw new InvalidInput("the query is empty; write one SELECT statement");
    var text =
        engine
            .query(
                "select cast(json_serialize_sql(cast(? as varchar)) as varchar)",
                row -> row.getString(1),
                sql)
            .getFirst();
    var answer = (ObjectNode) Json.parse(text);
    if (answer.path("error").asBoolean()) {
      if (answer.path("error_type").asText().equals("not implemented")) {
        throw new InvalidInput(
            "only a SELECT statement can be run here; got \"%s\"".formatted(brief(sql)));
      }
      throw new InvalidInput(
          "%s%s"
              .formatted(
                  place(sql, answer.path("position")),
                  Engine.tooDeep(answer.path("error_message").asText())));
    }
    if (answer.path("statements").size() != 1) {
      throw new InvalidInput(
          "one SELECT statement is expected, got %d; remove the others"
              .formatted(answer.path("statements").size()));
    }
    return new SelectStatement(engine, sql, answer);
  }

  private ObjectNode node() {
    return (ObjectNode) document.path("statements").path(0).path("node");
  }

  /**
   * Refuses other tables than these, functions that reach outside, and all whose answer changes by
   * itself.
   */
  void check(Set<String> tables) {
    var known = new HashSet<String>();
    for (var table : tables) known.add(table.toLowerCase(Locale.ROOT));
    collectNames(document, known);
    var columns = new HashSet<String>();
    for (var table : tables) {
      for (var column : engine.columns(Sql.name(table)))
        columns.add(column.name().toLowerCase(Locale.ROOT));
    }
    var changing =
        new HashSet<>(
            engine.query(
                """
                with changing as (
                  select distinct function_name as name from duckdb_functions() where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY'))
                select name from changing
                union
                select function_name from duckdb_functions()
                where function_type in ('macro', 'table_macro')
                  and (regexp_matches(lower(macro_definition), '\\b(current_[a-z]+|localtime|localtimestamp|session_user)\\b')
                    or exists (select 1 from changing where contains(lower(macro_definition), name || '(')))
                """,
                row -> row.getString(1)));
    check(document, tables, known, columns, changing);
  }

  /** Whether the result can depend on a column of that name. */
  Reads reads(String column) {
    return ColumnReads.of(document, column);
  }

  private static void collectNames(JsonNode node, Set<String> names) {
    if (node.path("cte_map").path("map") instanceof ArrayNode ctes) {
      for (var cte : ctes) names.add(cte.path("key").asText().toLowerCase(Locale.ROOT));
    }
    for (var child : node) collectNames(child, names);
  }

  private void check(
      JsonNode node,
      Set<String> tables,
      Set<String> known,
      Set<String> columns,
      Set<String> changing) {
    switch (node.path("class").asText() + "/" + node.path("type").asText()) {
      case "COLUMN_REF/COLUMN_REF" -> {
        var name = node.path("column_names").path(0).asText().toLowerCase(Locale.ROOT);
        if (node.path("column_names").size() == 1
            && WORDS.contains(name)
            && !columns.contains(name)) throw changing(node, name);
      }
      default -> {
        var name = node.path("function_name").asText().toLowerCase(Locale.ROOT);
        if (!name.isEmpty() && changing.contains(name)) throw changing(node, name + "()");
      }
    }
    switch (node.path("type").asText()) {
      case "TABLE_FUNCTION" -> {
        var name = node.path("function").path("function_name").asText().toLowerCase(Locale.ROOT);
        if (!TABLE_FUNCTIONS.contains(name)) {
          throw new InvalidInput(
              "%s%s() reads outside the datasets; a query reads datasets, named under \"datasets\", and nothing else"
                  .formatted(place(sql, node.path("query_location")), name));
        }
      }
      case "BASE_TABLE" -> checkTable(node, tables, known);
      case "SHOW_REF" ->
          throw new InvalidInput("DESCRIBE, SHOW and SUMMARIZE cannot stand inside a query here");
      default -> {}
    }
    if (node.get("sample") instanceof ObjectNode) {
      throw new InvalidInput(
          "%sa sample is another one each time; take rows by a condition such as hash(id) %% 10 = 0"
              .formatted(place(sql, node.path("query_location"))));
    }
    for (var child : node) check(child, tables, known, columns, changing);
  }

  private void checkTable(JsonNode node, Set<String> tables, Set<String> known) {
    var path = new ArrayList<String>();
    for (var part : node.path("qualified_name").path("path")) path.add(part.asText());
    var name = path.isEmpty() ? node.path("table_name").asText() : String.join(".", path);
    if (known.contains(name.toLowerCase(Locale.ROOT))) return;
    throw new InvalidInput(
        "%sno table \"%s\": the datasets of this query are %s%s; add it under \"datasets\""
            .formatted(
                place(sql, node.path("query_location")),
                name,
                String.join(", ", tables),
                Names.suggestion(name, tables)));
  }

  /** Refuses other tables than these, which need not exist yet. */
  void checkTables(Set<String> tables) {
    var known = new HashSet<String>();
    for (var table : tables) known.add(table.toLowerCase(Locale.ROOT));
    collectNames(document, known);
    checkTables(document, tables, known);
  }

  private void checkTables(JsonNode node, Set<String> tables, Set<String> known) {
    if (node.path("type").asText().equals("BASE_TABLE")) checkTable(node, tables, known);
    for (var child : node) checkTables(child, tables, known);
  }

  private InvalidInput changing(JsonNode node, String name) {
    return new InvalidInput(
        "%s%s gives another answer each time it runs, so the result could not be reproduced; give the value under \"values\" and write $name"
            .formatted(place(sql, node.path("query_location")), name));
  }

  /**
   * Puts values in the place of parameters. Refuses a parameter without a value; returns values
   * that none uses.
   */
  Set<String> bind(Map<String, JsonNode> values) {
    var literals = literals(values);
    var unused = new LinkedHashSet<>(values.keySet());
    replace(document, literals, unused);
    ((ObjectNode) document.path("statements").path(0)).putArray("named_param_map");
    return unused;
  }

  private Map<String, JsonNode> literals(Map<String, JsonNode> values) {
    var result = new TreeMap<String, JsonNode>();
    if (values.isEmpty()) return result;
    var names = List.copyOf(values.keySet());
    var select =
        "select "
            + String.join(", ", names.stream().map(n -> Values.literal(n, values.get(n))).toList());
    var parsed =
        engine
            .query(
                "select cast(json_serialize_sql(cast(? as varchar)) as varchar)",
                row -> row.getString(1),
                select)
            .getFirst();
    var list = Json.parse(parsed).path("statements").path(0).path("node").path("select_list");
    for (int i = 0; i < names.size(); i++) result.put(names.get(i), list.path(i));
    return result;
  }

  private void replace(JsonNode node, Map<String, JsonNode> literals, Set<String> unused) {
    if (node instanceof ObjectNode object) {
      for (var field : List.copyOf(object.properties())) {
        if (isParameter(field.getValue()))
          object.set(field.getKey(), literal(field.getValue(), literals, unused));
        else replace(field.getValue(), literals, unused);
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (isParameter(array.get(i))) array.set(i, literal(array.get(i), literals, unused));
        else replace(array.get(i), literals, unused);
      }
    }
  }

  private static boolean isParameter(JsonNode node) {
    return node.path("class").asText().equals("PARAMETER");
  }

  private JsonNode literal(JsonNode parameter, Map<String, JsonNode> literals, Set<String> unused) {
    var name = parameter.path("identifier").asText();
    var literal = literals.get(name);
    if (literal == null) {
      throw new InvalidInput(
          "%s$%s has no value%s; give it under \"values\""
              .formatted(
                  place(sql, parameter.path("query_location")),
                  name,
                  literals.isEmpty() ? "" : Names.suggestion(name, literals.keySet())));
    }
    unused.remove(name);
    var copy = (ObjectNode) literal.deepCopy();
    copy.set("alias", parameter.path("alias"));
    return copy;
  }

  /** The columns of the result; names that occur twice are refused. */
  List<Engine.ColumnType> columns() {
    List<Engine.ColumnType> columns;
    try {
      columns =
          engine.query(
              "describe " + text(),
              row -> new Engine.ColumnType(row.getString(1), row.getString(2)));
    } catch (InvalidInput e) {
      throw original(e);
    }
    var names = new HashSet<String>();
    for (var column : columns) {
      if (!names.add(column.name().toLowerCase(Locale.ROOT))) {
        throw new InvalidInput(
            "the result has two columns \"%s\"; rename one with AS".formatted(column.name()));
      }
    }
    return columns;
  }

  /** The same fault told of the text as it was written, so that its line is right. */
  private InvalidInput original(InvalidInput e) {
    try {
      engine.prepare(sql);
    } catch (InvalidInput better) {
      return better;
    }
    return e;
  }

  /**
   * Orders by the named keys, then by all columns; returns what was added, in words, or null if
   * nothing.
   */
  @Nullable String order(int columns) {
    var modifiers = node().withArray("modifiers");
    int limit = modifiers.size();
    ObjectNode order = null;
    for (int i = 0; i < modifiers.size(); i++) {
      switch (modifiers.get(i).path("type").asText()) {
        case "ORDER_MODIFIER" -> order = (ObjectNode) modifiers.get(i);
        case "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER" -> limit = Math.min(limit, i);
        default -> {}
      }
    }
    boolean had = order != null;
    if (order == null) {
      order = Json.object().put("type", "ORDER_MODIFIER");
      order.putArray("orders");
      modifiers.insert(limit, order);
    } else if (order
        .path("orders")
        .path(0)
        .path("expression")
        .path("class")
        .asText()
        .equals("STAR")) {
      return null;
    }
    for (int i = 1; i <= columns; i++) {
      var key =
          order
              .withArray("orders")
              .addObject()
              .put("type", "ORDER_DEFAULT")
              .put("null_order", "ORDER_DEFAULT");
      var constant =
          key.putObject("expression")
              .put("class", "CONSTANT")
              .put("type", "VALUE_CONSTANT")
              .put("alias", "");
      constant.putObject("literal").put("kind", "INTEGER").put("text", Integer.toString(i));
    }
    return had
        ? "the other columns were added to ORDER BY, so that the order is total"
        : "ORDER BY ALL was added, so that the order is total";
  }

  /** Keeps the first rows only, where the statement has no limit of its own. */
  void limit(int rows) {
    var modifiers = node().withArray("modifiers");
    for (var modifier : modifiers) if (modifier.path("type").asText().startsWith("LIMIT")) return;
    var limit = modifiers.addObject().put("type", "LIMIT_MODIFIER");
    var constant =
        limit
            .putObject("limit")
            .put("class", "CONSTANT")
            .put("type", "VALUE_CONSTANT")
            .put("alias", "");
    constant.putObject("literal").put("kind", "INTEGER").put("text", Integer.toString(rows));
    limit.putNull("offset");
  }

  /** The statement as SQL. */
  String text() {
    return engine
        .query(
            "select json_deserialize_sql(cast(? as varchar))",
            row -> row.getString(1),
            document.toString())
        .getFirst();
  }

  /** "line L, column C: " of a position in bytes; empty where it is not known. */
  private static String place(String sql, JsonNode position) {
    long at = position.asLong(-1);
    var bytes = sql.getBytes(StandardCharsets.UTF_8);
    if (at < 0 || at > bytes.length) return "";
    var before = new String(bytes, 0, (int) at, StandardCharsets.UTF_8);
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    return "line %d, column %d: ".formatted(line, before.length() - before.lastIndexOf('\n'));
  }

  private static String brief(String sql) {
    var line = sql.strip().replaceAll("\\s+", " ");
    return line.length() <= 60 ? line : line.substring(0, 60) + "...";
  }
}
