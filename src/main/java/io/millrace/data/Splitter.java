package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Says for each row of a relation whether it is for training, for testing or dropped, by its
 * content and the seed alone: no clock, no random numbers. Shares are drawn by the MD5 of the seed
 * and a key, which is spread evenly.
 */
final class Splitter {
  /** The column of the relation that {@link #plan} makes. */
  static final String SIDE = "split side";

  private final Engine engine;
  private final String relation;
  private final List<Engine.ColumnType> types;

  Splitter(Engine engine, String relation) {
    this.engine = engine;
    this.relation = relation;
    this.types = engine.columns(relation);
  }

  /** How to split. */
  sealed interface Way {
    /** Trains on what was known before an instant, tests on what happened from it on. */
    record Time(String column, String at, @Nullable String known) implements Way {}

    /** Draws a share of the rows by a key: a column, or the whole row. */
    record Hash(@Nullable String column, double test, long seed) implements Way {}

    /** Draws whole groups until they hold the share. */
    record Group(String column, double test, long seed) implements Way {}

    /** Draws the share within each value of a column. */
    record Stratified(String column, double test, long seed) implements Way {}
  }

  /**
   * A split as SQL.
   *
   * @param relation the rows with the column {@link #SIDE}: 'train', 'test' or null for dropped
   * @param dropped why rows are dropped, in words
   * @param fix what to do about an empty side
   */
  record Plan(String relation, String dropped, String fix) {
    String rows(String side) {
      return "select * exclude (%s) from %s where %s = %s"
          .formatted(Sql.name(SIDE), relation, Sql.name(SIDE), Sql.text(side));
    }
  }

  /** Reads the values of {@code with}; refuses what does not go together. */
  static Way way(
      JsonNode by,
      @Nullable JsonNode column,
      @Nullable JsonNode at,
      @Nullable JsonNode known,
      @Nullable JsonNode test,
      @Nullable JsonNode seed) {
    double share = test == null ? 0.2 : test.asDouble(Double.NaN);
    if (!(share > 0 && share < 1))
      throw new InvalidInput("test", String.valueOf(test), "a share between 0 and 1, such as 0.2");
    long number = seed == null ? 0 : seed.asLong();
    var name = column == null || column.isNull() ? null : column.asText();
    var kinds = List.of("time", "hash", "group", "stratified");
    var kind = by.asText();
    if (!kind.equals("time") && (at != null || known != null))
      throw new InvalidInput(
          "by: %s takes no \"at\" and no \"known\"; they belong to by: time".formatted(kind));
    if (kind.equals("hash")) return new Way.Hash(name, share, number);
    if (!kinds.contains(kind))
      throw new InvalidInput(
          "by", kind, "one of " + String.join(", ", kinds) + Names.suggestion(kind, kinds));
    if (name == null)
      throw new InvalidInput("by: %s needs \"column\", the column to split by".formatted(kind));
    return switch (kind) {
      case "group" -> new Way.Group(name, share, number);
      case "stratified" -> new Way.Stratified(name, share, number);
      default -> {
        if (at == null)
          throw new InvalidInput(
              "by: time needs \"at\", the first instant of the test rows, such as 2001-01-25");
        if (test != null)
          throw new InvalidInput(
              "by: time takes no \"test\"; \"at\" says where the test rows begin");
        yield new Way.Time(
            name, instant(at.asText()), known == null || known.isNull() ? null : known.asText());
      }
    };
  }

  /** A date or time as an instant; what has no zone is UTC. */
  static String instant(String text) {
    try {
      if (text.length() == 10)
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toString();
      var iso = text.replace(' ', 'T');
      if (iso.endsWith("Z")) return Instant.parse(iso).toString();
      if (iso.matches(".*T.*[+-][0-9]{2}:?[0-9]{2}"))
        return OffsetDateTime.parse(iso).toInstant().toString();
      return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC).toString();
    } catch (DateTimeException e) {
      throw new InvalidInput(
          "at", text, "a date or time such as 2001-01-25 or 2001-01-25T06:00:00Z");
    }
  }

  Plan plan(Way way) {
    var side = Sql.name(SIDE);
    return switch (way) {
      case Way.Time(var column, var at, var known) -> {
        var when = time(column);
        var bound = "cast(%s as timestamptz)".formatted(Sql.text(at));
        var learnt = known == null ? "true" : "%s < %s".formatted(time(known), bound);
        yield new Plan(
            "(select *, case when %1$s < %2$s and %3$s then 'train' when %1$s >= %2$s then 'test' end as %4$s from %5$s)"
                .formatted(when, bound, learnt, side, relation),
            known == null
                ? "without a time in \"%s\"".formatted(column)
                : "whose \"%s\" is not before %s, or without a time".formatted(known, at),
            "move \"at\": \"%s\" runs %s".formatted(column, range(column)));
      }
      case Way.Hash(var column, var test, var seed) -> {
        var key = column == null ? wholeRow() : key(name(column));
        yield new Plan(
            "(select *, case when %s < %s then 'test' else 'train' end as %s from %s)"
                .formatted(draw(key, seed), test, side, relation),
            "",
            "there are too few different keys for a test share of %s: split by another column, or change test or seed"
                .formatted(test));
      }
      case Way.Group(var column, var test, var seed) -> groups(name(column), test, seed);
      case Way.Stratified(var column, var test, var seed) -> {
        // The row's position breaks ties between equal rows; both sides then have as many of each
        // value as can be.
        var rank =
            "row_number() over (partition by %s order by %s, %s)"
                .formatted(name(column), draw(wholeRow(), seed), Sql.name("row position"));
        var size = "count(*) over (partition by %s)".formatted(name(column));
        yield new Plan(
            "(select * exclude (%1$s), case when %2$s <= round(%3$s * %4$s) then 'test' else 'train' end as %5$s from (select *, row_number() over () as %1$s from %6$s) order by %1$s)"
                .formatted(Sql.name("row position"), rank, size, test, side, relation),
            "",
            "every value of \"%s\" has too few rows for a test share of %s: raise test, or split by: hash"
                .formatted(column, test));
      }
    };
  }

  /**
   * Groups in the order of their draw, as long as those before hold less than the share; never all.
   */
  private Plan groups(String column, double test, long seed) {
    var side = Sql.name(SIDE);
    var sql =
        """
        (select r.*, case when r.%1$s is null then null when g.taken then 'test' else 'train' end as %2$s
         from %3$s as r left join (
           select "group key", coalesce(sum(n) over before, 0) < %4$s * sum(n) over () and row_number() over (order by draw desc, "group key" desc) > 1 as taken
           from (select %1$s as "group key", count(*) as n, %5$s as draw from %3$s where %1$s is not null group by %1$s)
           window before as (order by draw, "group key" rows between unbounded preceding and 1 preceding)
         ) as g on r.%1$s = g."group key")
        """
            .formatted(column, side, relation, test, draw(key(column), seed))
            .strip();
    return new Plan(
        sql,
        "without a group",
        "a split by group needs at least two groups in %s".formatted(column));
  }

  private static String draw(String key, long seed) {
    return "(md5_number_upper(%s || %s) / 18446744073709551616.0)"
        .formatted(Sql.text(seed + "/"), key);
  }

  private static String key(String column) {
    return "coalesce('=' || cast(%s as varchar), '')".formatted(column);
  }

  /**
   * All columns as one text: each by its length and its value, so that no two rows are mistaken for
   * each other.
   */
  private String wholeRow() {
    return types.stream()
        .map(t ->
            "coalesce(length(cast(%1$s as varchar)) || '=' || cast(%1$s as varchar), '-')"
                .formatted(Sql.name(t.name())))
        .collect(Collectors.joining(" || ", "(", ")"));
  }

  private String name(String column) {
    return Sql.name(type(column).name());
  }

  private Engine.ColumnType type(String column) {
    for (var type : types) if (type.name().equalsIgnoreCase(column)) return type;
    throw new InvalidInput(
        "no column \"%s\" to split by%s"
            .formatted(
                column,
                Names.suggestion(column, types.stream().map(Engine.ColumnType::name).toList())));
  }

  /** SQL of a column as an instant. */
  private String time(String column) {
    var type = type(column);
    if (Frame.Kind.of(type.type()) != Frame.Kind.TIME) {
      throw new InvalidInput(
          "column \"%s\" is of type %s; a split by time needs a date or time: cast it in the query that makes the data"
              .formatted(type.name(), type.type().toLowerCase(Locale.ROOT)));
    }
    return "cast(%s as timestamptz)".formatted(Sql.name(type.name()));
  }

  private String range(String column) {
    var name = name(column);
    return engine
        .query(
            "select min(%1$s), max(%1$s) from %2$s".formatted(name, relation),
            row -> "from %s to %s".formatted(row.getString(1), row.getString(2)))
        .getFirst();
  }
}
