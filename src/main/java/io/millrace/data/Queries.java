package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.millrace.base.Digest;
import io.millrace.base.Futures;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs SELECT statements over dataset versions, which stand as views in an engine of one thread.
 */
final class Queries {
  private static final int MOST_ROWS = 10_000;
  private static final long MOST_BYTES = 64L << 20;
  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final int LONGEST_LIST = 10_000;

  private final Datasets datasets;
  private final Duration longest;

  Queries(Datasets datasets) {
    this(datasets, LONGEST);
  }

  /** With another limit of time for what people ask. */
  Queries(Datasets datasets, Duration longest) {
    this.datasets = datasets;
    this.longest = longest;
  }

  /** A result that was stored. */
  record Stored(Digest digest, long rows, SequencedMap<String, Long> nulls) {}

  /**
   * Runs the statement in a total order and stores its rows; says in the log what was added to it.
   */
  Stored store(
      Engine engine,
      String sql,
      SequencedMap<String, Digest> tables,
      Map<String, JsonNode> values,
      Consumer<String> log) {
    var statement = statement(engine, sql, tables, values, log);
    var columns = statement.columns();
    for (var column : columns) Ingest.checkType("the result", column);
    var added = statement.order(columns.size());
    if (added != null) log.accept(added);
    engine.execute("create table query_result as " + statement.text());
    var rows = engine.number("select count(*) from query_result");
    var nulls = new LinkedHashMap<String, Long>();
    if (!columns.isEmpty()) {
      var counts =
          String.join(
              ", ",
              columns.stream().map(c -> "count(*) - count(" + Sql.name(c.name()) + ")").toList());
      engine.query(
          "select " + counts + " from query_result",
          row -> {
            for (int i = 0; i < columns.size(); i++)
              nulls.put(columns.get(i).name(), row.getLong(i + 1));
            return true;
          });
    }
    return new Stored(datasets.store(engine, "select * from query_result"), rows, nulls);
  }

  private SelectStatement statement(
      Engine engine,
      String sql,
      SequencedMap<String, Digest> tables,
      Map<String, JsonNode> values,
      Consumer<String> log) {
    var statement = SelectStatement.parse(engine, sql);
    tables.forEach((name, digest) ->
        engine.execute(
            "create view %s as select * from %s"
                .formatted(Sql.name(name), datasets.relation(digest))));
    statement.check(tables.keySet());
    var unused = statement.bind(values);
    if (!unused.isEmpty())
      log.accept(
          "the query does not use the value%s %s"
              .formatted(unused.size() == 1 ? "" : "s", String.join(", ", unused)));
    return statement;
  }

  JsonNode rows(String sql, List<String> names, Map<String, JsonNode> values, int limit) {
    checkLimit(limit);
    var tables = new LinkedHashMap<String, Digest>();
    for (var name : names) {
      var version = datasets.database().read(s -> datasets.named(s, name));
      if (tables.put(version.name(), version.digest()) != null)
        throw new InvalidInput("datasets", name, "each dataset once");
    }
    return inTime(
        datasets.engine(1),
        engine -> rows(engine, statement(engine, sql, tables, values, _ -> {}), limit));
  }

  /** Over tables that somebody else makes in the engine. */
  JsonNode rows(String sql, Path readable, Function<Engine, Set<String>> tables, int limit) {
    checkLimit(limit);
    return inTime(
        datasets.engine(1, readable),
        engine -> {
          var statement = SelectStatement.parse(engine, sql);
          statement.check(tables.apply(engine));
          return rows(engine, statement, limit);
        });
  }

  private static void checkLimit(int limit) {
    if (limit < 1 || limit > MOST_ROWS)
      throw new InvalidInput("limit", limit, "1 to %,d rows".formatted(MOST_ROWS));
  }

  /**
   * Runs the work on a thread of its own and waits only so long: DuckDB hears of an interrupt when
   * it runs a statement, but not while it prepares one, which computes all constants.
   */
  private JsonNode inTime(Engine engine, Function<Engine, JsonNode> work) {
    var result = new CompletableFuture<JsonNode>();
    Thread.ofPlatform()
        .daemon()
        .name("query")
        .start(() -> {
          try {
            JsonNode answer;
            try (engine) {
              answer = work.apply(engine);
            }
            result.complete(answer);
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    try {
      result.handle((_, _) -> true).get(longest.toMillis(), TimeUnit.MILLISECONDS);
      return Futures.join(result);
    } catch (TimeoutException e) {
      engine.cancel();
      throw new InvalidInput(
          "the query took longer than %d seconds; read fewer rows, or run it as a pipeline's data/query step"
              .formatted(longest.toSeconds()));
    } catch (InterruptedException e) {
      engine.cancel();
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the query ended");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The first rows of a directory, in the order of its files. */
  JsonNode rows(Digest manifest, int limit) {
    try (var engine = datasets.engine(1)) {
      var relation = datasets.relation(manifest);
      var columns = engine.columns(relation);
      var select = columns.stream().map(Queries::finite).toList();
      return rows(
          engine,
          columns,
          "select %s from %s limit %d".formatted(String.join(", ", select), relation, limit + 1),
          limit);
    }
  }

  /** A number that is none, or is infinite, is missing, as it is to a model that learns. */
  private static String finite(Engine.ColumnType column) {
    var name = Sql.name(column.name());
    return switch (column.type()) {
      case "FLOAT", "DOUBLE" -> "case when isfinite(%1$s) then %1$s end as %1$s".formatted(name);
      default -> name;
    };
  }

  private static JsonNode rows(Engine engine, SelectStatement statement, int limit) {
    var columns = statement.columns();
    statement.order(columns.size());
    statement.limit(limit + 1);
    var select = columns.stream().map(Queries::bounded).toList();
    return rows(
        engine,
        columns,
        "select %s from (%s) as answer".formatted(String.join(", ", select), statement.text()),
        limit);
  }

  /** Lists and the like as text of a bounded length; one value may be as large as an engine. */
  private static String bounded(Engine.ColumnType column) {
    var name = Sql.name(column.name());
    return switch (Frame.Kind.of(column.type())) {
      case OTHER -> "left(cast(%1$s as varchar), %2$d) as %1$s".formatted(name, LONGEST_LIST);
      case TEXT, NUMBER, BOOLEAN, TIME -> name;
    };
  }

  private static JsonNode rows(
      Engine engine, List<Engine.ColumnType> columns, String select, int limit) {
    engine.execute("create temp table query_rows as " + select);
    long bytes = engine.number("select %s from temp.query_rows".formatted(size(engine)));
    if (bytes > MOST_BYTES)
      throw new TooLarge(
          "the rows have %,d bytes as text, more than the %,d that can be shown: select fewer rows or columns, or cut long texts with left(COLUMN, 100)"
              .formatted(bytes, MOST_BYTES));
    var answer = Json.object();
    answer.set("columns", Json.tree(columns));
    var rows = answer.putArray("rows");
    boolean[] more = {false};
    engine.query(
        "select * from temp.query_rows",
        row -> {
          if (rows.size() == limit) more[0] = true;
          else rows.add(cells(row, columns));
          return true;
        });
    return answer.put("truncated", more[0]);
  }

  /** An expression for how many bytes all cells have as text. */
  private static String size(Engine engine) {
    return String.join(
        " + ",
        engine.columns("temp.query_rows").stream()
            .map(c -> "coalesce(sum(strlen(cast(%s as varchar))), 0)".formatted(Sql.name(c.name())))
            .toList());
  }

  private static ArrayNode cells(ResultSet row, List<Engine.ColumnType> columns)
      throws SQLException {
    var cells = Json.array();
    for (int i = 1; i <= columns.size(); i++) {
      var value = row.getObject(i);
      switch (value) {
        case null -> cells.addNull();
        case Boolean b -> cells.add(b);
        case Float f when Float.isFinite(f) -> cells.add(f);
        case Double d when Double.isFinite(d) -> cells.add(d);
        case Byte n -> cells.add(n.intValue());
        case Short n -> cells.add(n.intValue());
        case Integer n -> cells.add(n);
        case Long n -> cells.add(n);
        case java.math.BigInteger n -> cells.add(n);
        case java.math.BigDecimal n -> cells.add(n);
        case OffsetDateTime time -> cells.add(time.toInstant().toString());
        case java.sql.Timestamp time ->
            cells.add(
                row.getObject(i, LocalDateTime.class).toString()
                    + (columns.get(i - 1).type().endsWith("ZONE")
                        ? ZoneOffset.UTC.toString()
                        : ""));
        default -> cells.add(value.toString());
      }
    }
    return cells;
  }
}
