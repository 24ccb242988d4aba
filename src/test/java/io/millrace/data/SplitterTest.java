package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitterTest {
  @TempDir Path work;
  private Engine engine;

  @BeforeEach
  void open() {
    engine = Engine.open(new Engine.Settings(List.of(), work).withThreads(1));
    engine.execute(
        """
        create table flights as select range as id, 'A' || range % 10 as carrier, range % 5 = 0 as late,
          timestamptz '2001-01-01' + to_hours(range) as dep_ts,
          case when range = 3 then null else timestamptz '2001-01-01' + to_hours(range + 5) end as label_at, date '2001-01-01' + (range // 24)::int as day
        from range(1000)
        """);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private TreeMap<String, Long> counts(Splitter.Plan plan) {
    var counts = new TreeMap<String, Long>();
    engine.query(
        "select coalesce(\"%s\", 'dropped'), count(*) from %s group by 1"
            .formatted(Splitter.SIDE, plan.relation()),
        row -> counts.put(row.getString(1), row.getLong(2)));
    return counts;
  }

  private Splitter.Plan plan(Splitter.Way way) {
    return new Splitter(engine, "flights").plan(way);
  }

  private static Splitter.Way way(String by, String column, Double test) {
    return Splitter.way(
        Json.tree(by),
        column == null ? null : Json.tree(column),
        null,
        null,
        test == null ? null : Json.tree(test),
        null);
  }

  @Test
  void byTimeDropsWhatWasNotKnownAtTheSplit() {
    var plan =
        plan(
            Splitter.way(
                Json.tree("time"),
                Json.tree("dep_ts"),
                Json.tree("2001-01-25"),
                Json.tree("label_at"),
                null,
                null));
    // 24 days of 24 hours, less the five hours whose label came later and the row whose label never
    // came.
    assertThat(counts(plan))
        .containsEntry("train", 576L - 5 - 1)
        .containsEntry("test", 1000L - 576)
        .containsEntry("dropped", 6L);
    assertThat(
            engine.number(
                "select count(*) from (%s) where label_at >= timestamptz '2001-01-25'"
                    .formatted(plan.rows("train"))))
        .isZero();
    assertThat(
            engine.query(
                "select min(id) from (%s)".formatted(plan.rows("test")), row -> row.getLong(1)))
        .containsExactly(576L);
    assertThat(engine.columns("(" + plan.rows("test") + ")")).isEqualTo(engine.columns("flights"));
  }

  @Test
  void byTimeTakesDatesAndTimesWithAndWithoutZone() {
    assertThat(Splitter.instant("2001-01-25")).isEqualTo("2001-01-25T00:00:00Z");
    assertThat(Splitter.instant("2001-01-25T06:00:00+02:00")).isEqualTo("2001-01-25T04:00:00Z");
    assertThat(Splitter.instant("2001-01-25 06:00")).isEqualTo("2001-01-25T06:00:00Z");
    assertThatThrownBy(() -> Splitter.instant("2001-02-31"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("such as 2001-01-25");
    assertThat(counts(plan(new Splitter.Way.Time("day", Splitter.instant("2001-01-02"), null))))
        .containsEntry("train", 24L);
  }

  @Test
  void byHashIsStableAndKeepsEqualKeysTogether() {
    var plan = plan(way("hash", "id", null));
    var counts = counts(plan);
    assertThat(counts.get("test")).isBetween(160L, 240L);
    assertThat(counts(plan(way("hash", "id", null)))).isEqualTo(counts);
    // Frozen: another draw would move rows between training and test of every user's project.
    assertThat(
            engine.query(
                "select id from (%s) order by id limit 5".formatted(plan.rows("test")),
                row -> row.getLong(1)))
        .containsExactly(FIRST_TEST_IDS);
    var whole = plan(way("hash", null, 0.3));
    assertThat(counts(whole).get("test")).isBetween(250L, 350L);
    var carriers = plan(way("hash", "carrier", 0.3));
    assertThat(
            engine.number(
                "select count(*) from (select distinct carrier from (%s) intersect select distinct carrier from (%s))"
                    .formatted(carriers.rows("train"), carriers.rows("test"))))
        .isZero();
  }

  private static final Long[] FIRST_TEST_IDS = {5L, 10L, 11L, 17L, 19L};

  @Test
  void anotherSeedDrawsOtherRows() {
    var a = plan(new Splitter.Way.Hash("id", 0.2, 0)).rows("test");
    var b = plan(new Splitter.Way.Hash("id", 0.2, 1)).rows("test");
    assertThat(
            engine.number(
                "select count(*) from (select id from (%s) intersect select id from (%s))"
                    .formatted(a, b)))
        .isBetween(10L, 90L);
  }

  @Test
  void byGroupKeepsGroupsWholeAndNeitherSideEmpty() {
    engine.execute(
        "create or replace table flights as select range as id, case when range < 900 then 'big' when range < 990 then 'small' else null end as carrier from range(1000)");
    var plan = plan(way("group", "carrier", 0.2));
    var counts = counts(plan);
    assertThat(counts).containsEntry("dropped", 10L);
    assertThat(counts.get("train") + counts.get("test")).isEqualTo(990);
    assertThat(counts.get("test")).isIn(900L, 90L);
  }

  @Test
  void stratifiedKeepsTheShareOfEachValue() {
    var plan = plan(way("stratified", "late", 0.25));
    assertThat(counts(plan)).containsEntry("test", 250L).containsEntry("train", 750L);
    assertThat(engine.number("select count(*) from (%s) where late".formatted(plan.rows("test"))))
        .isEqualTo(50);
    assertThat(
            engine.query(
                "select id from (%s)".formatted(plan.rows("train")), row -> row.getLong(1)))
        .isSorted();
  }

  @Test
  void valuesThatDoNotGoTogetherAreRefusedWithTheFix() {
    assertThatThrownBy(() -> way("tiem", "dep_ts", null))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("did you mean \"time\"");
    assertThatThrownBy(() -> way("group", null, null)).hasMessageContaining("needs \"column\"");
    assertThatThrownBy(() -> way("time", "dep_ts", null)).hasMessageContaining("needs \"at\"");
    assertThatThrownBy(() -> way("hash", "id", 1.5)).hasMessageContaining("between 0 and 1");
    assertThatThrownBy(
            () -> Splitter.way(Json.tree("hash"), null, Json.tree("2001-01-01"), null, null, null))
        .hasMessageContaining("belong to by: time");
    assertThatThrownBy(() -> plan(way("hash", "idd", null)))
        .hasMessageContaining("did you mean \"id\"");
    assertThatThrownBy(
            () -> plan(new Splitter.Way.Time("carrier", Splitter.instant("2001-01-02"), null)))
        .hasMessageContaining("cast it in the query");
    assertThat(plan(new Splitter.Way.Time("dep_ts", Splitter.instant("2010-01-02"), null)).fix())
        .contains("from 2001-01-01");
  }

  @Test
  void equalColumnsOfDifferentRowsAreNotMistaken() {
    engine.execute(
        "create or replace table flights as select * from (values ('a', 'bc'), ('ab', 'c'), (null, 'abc'), ('abc', null), ('', 'abc')) t(x, y)");
    var keys =
        engine.query(
            "select count(distinct %s) from flights".formatted(wholeRow()), row -> row.getLong(1));
    assertThat(keys).isEqualTo(List.of(5L));
  }

  private String wholeRow() {
    var sql = plan(way("hash", null, 0.5)).relation();
    int from = sql.indexOf("'0/' || ") + 8;
    return sql.substring(from, sql.indexOf(") / 18446744073709551616.0"));
  }
}
