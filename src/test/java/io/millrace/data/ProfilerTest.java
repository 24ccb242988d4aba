package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilerTest {
  private static final Path TITANIC =
      Path.of("src/test/resources/data/titanic.parquet").toAbsolutePath();
  private static final Path DIGITS =
      Path.of("src/test/resources/data/digits.parquet").toAbsolutePath();

  @TempDir Path work;
  private Engine engine;

  @BeforeEach
  void open() {
    engine = Engine.open(new Engine.Settings(List.of(TITANIC.getParent()), work));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static ColumnStatistics column(Statistics statistics, String name) {
    return statistics.find(name).orElseThrow();
  }

  @Test
  void titanicIsDescribedAsItsReadmeSays() {
    var titanic = Profiler.profile(engine, Relation.files(List.of(TITANIC)));
    assertThat(titanic.rows()).isEqualTo(1309);
    assertThat(column(titanic, "age").nulls()).isEqualTo(263);
    assertThat(column(titanic, "embarked").nulls()).isEqualTo(2);
    assertThat(column(titanic, "fare").nulls()).isEqualTo(1);
    var survived = column(titanic, "survived").numbers();
    assertThat(survived.mean()).isCloseTo(0.382, within(0.0005));
    assertThat(column(titanic, "sex").top())
        .containsExactly(new Frequent("male", 843), new Frequent("female", 466));
    assertThat(column(titanic, "passenger_id").distinct()).isBetween(1270L, 1309L);
    var age = column(titanic, "age").numbers();
    assertThat(age.min()).isEqualTo(0.1667);
    assertThat(age.max()).isEqualTo(80);
    assertThat(age.quantiles().get(3)).isEqualTo(28);
    assertThat(age.histogram().counts()).hasSize(20);
    assertThat(
            age.histogram().counts().stream().mapToLong(n -> n).sum()
                + age.histogram().under()
                + age.histogram().over())
        .isEqualTo(1309 - 263);
  }

  @Test
  void aProfileSurvivesBeingWrittenAndIsTheSameEachTime() {
    var relation = Relation.files(List.of(TITANIC));
    var first = Profiler.profile(engine, relation);
    assertThat(Json.read(Json.write(first), Statistics.class)).isEqualTo(first);
    assertThat(Json.write(Profiler.profile(engine, relation))).isEqualTo(Json.write(first));
    try (var single =
        Engine.open(new Engine.Settings(List.of(TITANIC.getParent()), work).withThreads(1))) {
      assertThat(Json.write(Profiler.profile(single, relation))).isEqualTo(Json.write(first));
    }
  }

  @Test
  void aLargeTableIsSampledByPositionAndTheSampleHitsTheQuantiles() {
    engine.execute(
        "create table large as select range as id, 1000 + range % 1000 as cycle, 'k' || range % 400000 as key, timestamptz '2001-01-01' + to_seconds(range) as at from range(1000000)");
    var large = Profiler.profile(engine, "large");
    assertThat(large.sampled()).isBetween(190_000L, 210_000L);
    assertThat(column(large, "id").numbers().quantiles().get(3))
        .isCloseTo(500_000, within(2_000.0));
    assertThat(column(large, "cycle").numbers().quantiles().get(0)).isCloseTo(1010, within(3.0));
    assertThat(column(large, "key").top()).hasSize(20);
    assertThat(large.json().path("columns").path(3).path("min").asText())
        .isEqualTo("2001-01-01T00:00:00Z");
    assertThat(Json.read(Json.write(large), Statistics.class)).isEqualTo(large);
    assertThat(Json.write(Profiler.profile(engine, "large"))).isEqualTo(Json.write(large));
  }

  @Test
  void emptyConstantAndOddColumnsAreDescribedToo() {
    engine.execute(
        """
        create table odd as select * from (values
          (1.0::double, null::int, 'nan'::double, 1e308::double, 7, [1, 2], true, 'a "b"; c', '12:00'::time),
          (2.0, null, 'inf'::double, -1e308, 7, null, false, '', null),
          (null, null, 3.0, 1e300, 7, [], null, null, '13:00')) t(a, "all null", infinite, huge, constant, list, truth, "odd ""name", clock)
        """);
    var odd = Profiler.profile(engine, "odd");
    assertThat(column(odd, "all null").numbers()).isNull();
    assertThat(column(odd, "infinite").nulls()).isEqualTo(2);
    assertThat(column(odd, "infinite").numbers().max()).isEqualTo(3);
    assertThat(column(odd, "huge").numbers().stddev()).isNull();
    assertThat(column(odd, "constant").numbers().histogram().counts()).containsExactly(3L);
    assertThat(column(odd, "truth").numbers().mean()).isEqualTo(0.5);
    assertThat(column(odd, "odd \"name").top())
        .containsExactly(new Frequent("", 1), new Frequent("a \"b\"; c", 1));
    assertThat(Json.read(Json.write(odd), Statistics.class)).isEqualTo(odd);
    engine.execute("create table nothing as select * from odd limit 0");
    var nothing = Profiler.profile(engine, "nothing");
    assertThat(nothing.rows()).isZero();
    assertThat(nothing.columns()).allMatch(c -> c.numbers() == null && c.top().isEmpty());
  }

  @Test
  void aTableOfFiveHundredColumnsFitsTheMemoryOfAnEngine() {
    var columns =
        IntStream.range(0, 500)
            .mapToObj(i -> "(range * %d %% 97) / 7.0 as c%d".formatted(i + 1, i))
            .collect(Collectors.joining(", "));
    engine.writeParquet(
        "select %s from range(100)".formatted(columns), engine.folder().resolve("wide.parquet"));
    var wide =
        Profiler.profile(engine, Relation.files(List.of(engine.folder().resolve("wide.parquet"))));
    assertThat(wide.columns()).hasSize(500);
    assertThat(wide.columns()).allMatch(c -> c.numbers() != null && c.nulls() == 0);
  }

  @Test
  void aColumnOfListsDoesNotStopAProfile() {
    assertThat(Profiler.profile(engine, Relation.files(List.of(DIGITS))).rows()).isEqualTo(1797);
  }

  @Test
  void equalDataDoNotDifferAndAShiftIsSeen() {
    engine.execute(
        "create table january as select range / 10.0 as delay, 'C' || range % 7 as carrier, range as id from range(10000)");
    engine.execute(
        "create table february as select range / 10.0 + 300 as delay, case when range % 2 = 0 then 'C0' when range % 100 = 1 then null else 'NEW' end as carrier, true as extra from range(5000)");
    var january = Profiler.profile(engine, "january");
    var february = Profiler.profile(engine, "february");
    var same = new Comparison(engine, "january").compare(january, january);
    assertThat(same.columns()).allSatisfy(c -> assertThat(c.psi()).isCloseTo(0, within(1e-9)));
    var shift = new Comparison(engine, "february").compare(january, february);
    assertThat(shift.added()).containsExactly("extra");
    assertThat(shift.removed()).containsExactly("id");
    assertThat(shift.columns())
        .extracting(Difference.ColumnDifference::verdict)
        .containsExactly("shifted", "shifted");
    assertThat(shift.columns().get(1).nullShareAfter()).isEqualTo(0.01);
    assertThat(shift.columns().get(1).top().getFirst())
        .isEqualTo(new Difference.Change("C0", 1429, 2500));
    assertThat(shift.json().path("rows").path("to").asLong()).isEqualTo(5000);
  }
}
