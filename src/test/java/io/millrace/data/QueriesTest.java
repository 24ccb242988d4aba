package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.TooLarge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueriesTest {
  private static final Path FLIGHTS = Path.of("examples/flights");

  /** Statement and a part of the reason. */
  private static final List<String> REFUSED =
      List.of(
          "select random()|random() gives another answer each time",
          "select now()|now() gives another answer",
          "select today()|today() gives another answer",
          "select uuid()|uuid() gives another answer",
          "select nextval('s')|nextval() gives another answer",
          "select current_timestamp|current_timestamp gives another answer",
          "select x from t where x > (select max(random()) from t)|random() gives another answer",
          "with a as (select gen_random_uuid() u) select * from a|gen_random_uuid() gives another answer",
          "select list_transform([1], lambda y: y + random())|random() gives another answer",
          "select sum(x) over (order by random()) from t|random() gives another answer",
          "select ago(interval 1 day)|ago() gives another answer",
          "select getvariable('x')|getvariable() gives another answer",
          "select * from read_csv('/etc/passwd')|read_csv() reads outside the datasets",
          "select * from read_text('/etc/passwd')|read_text() reads outside the datasets",
          "select * from glob('/*')|glob() reads outside the datasets",
          "select * from query('select 1')|query() reads outside the datasets",
          "select * from duckdb_settings()|duckdb_settings() reads outside the datasets",
          "select * from '/etc/passwd'|no table \"/etc/passwd\"",
          "select * from information_schema.tables|no table \"information_schema.tables\"",
          "select * from duckdb_tables|no table \"duckdb_tables\"",
          "select * from tt|no table \"tt\"",
          "select * from (describe t)|DESCRIBE, SHOW and SUMMARIZE cannot stand",
          "select * from t using sample 10%|a sample is another one each time",
          "select * from t tablesample 10%|a sample is another one each time",
          "select 1; select 2|one SELECT statement is expected, got 2",
          "drop table t|only a SELECT statement can be run here",
          "copy t to '/tmp/x'|only a SELECT statement can be run here",
          "set threads = 9|only a SELECT statement can be run here",
          "attach '/tmp/x.db'|only a SELECT statement can be run here",
          "select x, x as X from t|two columns",
          "selec 1|line 1, column 1: syntax error",
          "select nope from t|\"nope\" not found");

  @TempDir Path folder;
  private DataRoom room;

  @BeforeEach
  void open() {
    room = new DataRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  private Queries.Stored store(
      String sql, Map<String, JsonNode> values, List<String> names, List<String> log) {
    var tables = new LinkedHashMap<String, Digest>();
    for (var name : names) tables.put(name, room.datasets.named(name).digest());
    try (var engine = room.datasets.engine(1)) {
      return new Queries(room.datasets).store(engine, sql, tables, values, log::add);
    }
  }

  private JsonNode rows(String sql) {
    return room.datasets.query(sql, List.of("t"), Map.of(), 10).path("rows");
  }

  @Test
  void januaryOfTheFlightsIsJoinedToWhatWasKnownAtDeparture() throws IOException {
    var names = List.of("flights", "labels", "airport_hourly", "route_daily");
    for (var name : names) room.register(name, room.folder(FLIGHTS.resolve("data").resolve(name)));
    var sql = Files.readString(FLIGHTS.resolve("queries/examples.sql"));
    Map<String, JsonNode> january =
        Map.of("from", Json.tree("2001-01-02"), "until", Json.tree("2001-02-01"));
    var stored = store(sql, january, names, new ArrayList<>());
    assertThat(stored.rows()).isEqualTo(121_325);
    var frame = room.datasets.frame(stored.digest(), List.of());
    assertThat(frame.has("arr_delay_min")).as("the leak").isFalse();
    assertThat(Arrays.stream(frame.number("late15").values()).average().orElseThrow())
        .isCloseTo(0.229, within(0.005));
    assertThat(frame.number("dow").values()[0])
        .as("2 January 2001 was a Tuesday; the night before it is still Monday in the west")
        .isBetween(0.0, 1.0);
    for (var column : List.of("o_departures", "d_departures", "o_arrivals"))
      assertThat(stored.nulls().get(column)).isZero();
    assertThat(stored.nulls().get("o_mean_arr_delay_min") / 121_325.0)
        .isCloseTo(0.059, within(0.01));
    assertThat(stored.nulls().get("d_mean_arr_delay_min") / 121_325.0)
        .isCloseTo(0.075, within(0.01));
    assertThat(store(sql, january, names, new ArrayList<>()).digest()).isEqualTo(stored.digest());
  }

  @Test
  void aQueryWithoutOrderIsOrderedByAllAndSaysSo() {
    room.register("t", room.texts("a.csv", "x,y\n2,b\n1,c\n2,a\n"));
    var log = new ArrayList<String>();
    var stored = store("select * from t", Map.of(), List.of("t"), log);
    assertThat(log).containsExactly("ORDER BY ALL was added, so that the order is total");
    assertThat(room.datasets.frame(stored.digest(), List.of("y")).text("y").values())
        .containsExactly("c", "a", "b");
  }

  @Test
  void anOrderThatIsNotTotalIsCompletedEvenUnderALimit() {
    room.register("t", room.texts("a.csv", "x,y\n2,b\n1,c\n2,a\n"));
    var log = new ArrayList<String>();
    var stored = store("select y, x from t order by x desc limit 1", Map.of(), List.of("t"), log);
    assertThat(log)
        .containsExactly("the other columns were added to ORDER BY, so that the order is total");
    assertThat(room.datasets.frame(stored.digest(), List.of("y")).text("y").values())
        .containsExactly("a");
  }

  @Test
  void equalInputsGiveEqualBytesWhereTheSumOfFractionsDependsOnItsOrder() {
    room.register("t", room.folder(FLIGHTS.resolve("data/airport_hourly")));
    var sql =
        "select airport, avg(mean_arr_delay_min * 0.1) as a, sum(cast(max_arr_delay_min as double) / 3) as s, any_value(event_ts) as e from t group by airport";
    var first = store(sql, Map.of(), List.of("t"), new ArrayList<>()).digest();
    for (int i = 0; i < 3; i++)
      assertThat(store(sql, Map.of(), List.of("t"), new ArrayList<>()).digest()).isEqualTo(first);
  }

  @Test
  void valuesStandWhereTheirNamesStood() {
    room.register(
        "t",
        room.texts(
            "a.csv",
            "d,at,s,n\n2001-01-01,2001-01-01T00:00:00Z,it's,1.5\n2001-01-02,2001-01-02T00:00:00Z,b,2\n"));
    Map<String, JsonNode> values =
        Map.of(
            "d",
            Json.tree("2001-01-01"),
            "at",
            Json.tree("2001-01-01T01:00:00+01:00"),
            "s",
            Json.tree("it's"),
            "n",
            Json.tree(1.5),
            "unused",
            Json.tree(1));
    var log = new ArrayList<String>();
    assertThat(
            store(
                    "select $n + 1 as n from t where d = $d and \"at\" = $at and \"at\" = $d and s = $s and n = $n",
                    values,
                    List.of("t"),
                    log)
                .rows())
        .isEqualTo(1);
    assertThat(log).contains("the query does not use the value unused");
    assertThatThrownBy(() -> store("select *\nfrom t where n = $m", values, List.of("t"), log))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("line 2, column 18: $m has no value");
    assertThatThrownBy(
            () -> store("select $d", Map.of("d", Json.tree("2001-02-30")), List.of("t"), log))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("a date or time that exists");
  }

  @Test
  void whatCannotBeRepeatedOrReadsElsewhereIsRefused() {
    room.register("t", room.texts("a.csv", "x\n1\n"));
    for (var statementAndReason : REFUSED) {
      var parts = statementAndReason.split("\\|");
      assertThatThrownBy(() -> rows(parts[0]))
          .as(parts[0])
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining(parts[1])
          .hasMessageNotContaining(folder.toString());
    }
  }

  @Test
  void aColumnMayBeNamedAsAWordOfSql() {
    room.register("t", room.texts("a.csv", "user,x\nann,1\n"));
    assertThat(rows("select user from t").toString()).isEqualTo("[[\"ann\"]]");
  }

  @Test
  void nestedResultsAreRefusedWithTheFix() {
    room.register("t", room.texts("a.csv", "x\n1\n"));
    assertThatThrownBy(
            () -> store("select [x] as l from t", Map.of(), List.of("t"), new ArrayList<>()))
        .hasMessageContaining("column \"l\": the type BIGINT[] is not supported");
  }

  @Test
  void rowsForPeopleAreCutAtTheLimitAndSayThatThereAreMore() {
    room.register("t", room.texts("a.csv", "x,at\n1,2001-01-01T00:00:00Z\n2,\n3,\n"));
    var answer = room.datasets.query("from t", List.of("t/1"), Map.of(), 2);
    assertThat(answer.path("rows").toString()).isEqualTo("[[1,\"2001-01-01T00:00:00Z\"],[2,null]]");
    assertThat(answer.path("truncated").asBoolean()).isTrue();
    assertThat(
            room.datasets.query("from t", List.of("t"), Map.of(), 3).path("truncated").asBoolean())
        .isFalse();
  }

  @Test
  void rowsOfMoreBytesThanTheHeapTakesAreNotRead() {
    room.register("t", room.texts("a.csv", "x\n1\n2\n"));
    var answer =
        room.datasets.query("select x, -x as y from t order by x desc", List.of("t"), Map.of(), 9);
    assertThat(answer.path("rows")).hasToString("[[2,-2],[1,-1]]");
    assertThatThrownBy(() ->
            room.datasets.query(
                "select repeat('y', 40000000) as long from t", List.of("t"), Map.of(), 9))
        .isInstanceOf(io.millrace.base.TooLarge.class)
        .hasMessageContaining("67,108,864");
  }

  @Test
  void onlyAFewEnginesAreOpenAtOnceAndTheOthersWait() throws InterruptedException {
    var open = new ArrayList<Engine>();
    for (int i = 0; i < Engines.MOST; i++) open.add(room.datasets.engine());
    var next = new CompletableFuture<Engine>();
    var waiting = Thread.ofPlatform().start(() -> next.complete(room.datasets.engine()));
    while (waiting.getState() != Thread.State.WAITING) Thread.onSpinWait();
    assertThat(next).isNotDone();
    open.removeFirst().close();
    open.add(next.join());
    open.forEach(Engine::close);
    waiting.join();
  }

  @Test
  void aTableThatDoesNotFitIntoMemoryIsRefusedBeforeItIsRead() {
    var version = room.register("t", room.texts("a.csv", "x,y\n1,2\n3,4\n"));
    assertThat(room.datasets.frame(version.digest(), List.of("y"), 16).names())
        .containsExactly("y");
    assertThatThrownBy(() -> room.datasets.frame(version.digest(), List.of("y"), 1 << 25))
        .isInstanceOf(io.millrace.base.TooLarge.class)
        .hasMessage(
            "2 rows with the 1 columns that are needed here do not fit into the 256 MiB that one table may take in memory: 0 rows of them do; take fewer rows, such as a smaller test set");
  }

  @Test
  void aLongQueryStopsWhenItIsCancelled() throws InterruptedException {
    try (var engine = room.datasets.engine()) {
      var canceller =
          Thread.ofPlatform()
              .start(() -> {
                while (!engine.isRunning()) Thread.onSpinWait();
                engine.cancel();
              });
      assertThatThrownBy(() ->
              engine.number(
                  "select count(*) from range(100000000000) a, range(1000) b where hash(a.range + b.range) = 1"))
          .isInstanceOf(CancellationException.class);
      canceller.join();
    }
  }

  @Test
  void theEngineReadsNothingOutsideAndCannotBeOpened() throws IOException {
    var secret = Files.writeString(folder.resolve("secret.csv"), "a\n1\n");
    try (var engine = room.datasets.engine()) {
      for (var sql :
          List.of(
              "select * from read_csv('%s')".formatted(secret),
              "set enable_external_access = true",
              "set allowed_directories = ['/']",
              "install httpfs",
              "load httpfs",
              "set memory_limit = '9GB'",
              "copy (select 1) to '%s'".formatted(folder.resolve("out.csv")))) {
        assertThatThrownBy(() -> engine.execute(sql)).as(sql).isInstanceOf(InvalidInput.class);
      }
    }
  }

  @Test
  void aQueryOfPeopleIsNotWaitedForLongerThanItMayTake() {
    var queries = new Queries(room.datasets, Duration.ofSeconds(1));
    long began = System.nanoTime();
    assertThatThrownBy(() -> queries.rows("select range(30000000)", List.of(), Map.of(), 1))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("the query took longer than 1 seconds");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void valuesAsLargeAsAnEngineAreCutOrRefused() {
    var list = room.datasets.query("select range(100000) as x", List.of(), Map.of(), 1);
    assertThat(list.path("rows").path(0).path(0).asText()).startsWith("[0, 1, 2").hasSize(10_000);
    assertThatThrownBy(() ->
            room.datasets.query(
                "select repeat('x', 1000000) as x from range(80)", List.of(), Map.of(), 100))
        .isInstanceOf(TooLarge.class)
        .hasMessageContaining("left(COLUMN, 100)");
  }
}
