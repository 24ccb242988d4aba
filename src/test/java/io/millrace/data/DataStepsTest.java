package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.RunLog;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps data/validate and data/split on real data. */
class DataStepsTest {
  private static final Path FLIGHTS =
      Path.of("examples/flights/data/flights/month=2001-01/part-0.parquet");
  private static final Path TITANIC = Path.of("src/test/resources/data/titanic.parquet");

  @TempDir Path folder;
  private Database database;
  private Datasets datasets;
  private final List<String> log = new ArrayList<>();

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("millrace.db"));
    datasets =
        new Datasets(
            database,
            new Artifacts(folder.resolve("artifacts")),
            new Metadata(database, clock),
            folder.resolve("work"),
            clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private record Step(
      Map<String, JsonNode> values,
      Map<String, ArtifactRef> artifacts,
      String text,
      Path folder,
      List<String> lines)
      implements Task {
    @Override
    public String runId() {
      return "run";
    }

    @Override
    public String stepId() {
      return "step";
    }

    @Override
    public Map<String, ArtifactRef> pins() {
      return Map.of();
    }

    @Override
    public String file(String input) {
      return text;
    }

    @Override
    public void log(String line) {
      lines.add(line);
    }

    @Override
    public void progress(String doing, double share) {}

    @Override
    public RunLog run() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void onCancel(Runnable action) {}

    @Override
    public boolean cancelled() {
      return false;
    }
  }

  private Digest data(Path file) {
    return datasets
        .register(
            "data",
            new TreeMap<>(
                Map.of("part-0.parquet", new Artifacts(folder.resolve("artifacts")).putFile(file))),
            SourceOptions.DEFAULT)
        .version()
        .digest();
  }

  private Task task(Digest data, String contract, Object... values) {
    var with = new TreeMap<String, JsonNode>();
    for (int i = 0; i < values.length; i += 2)
      with.put((String) values[i], Json.tree(values[i + 1]));
    return new Step(
        with, Map.of("data", new ArtifactRef(ValueType.DATASET, data)), contract, folder, log);
  }

  private Result validate(Digest data, String contract) throws InterruptedException {
    return new ValidateComponent(datasets)
        .run(task(data, contract, "contract", "contracts/t.yaml"));
  }

  private long rows(Result result, String output) {
    try (var engine = datasets.engine()) {
      return engine.number(
          "select count(*) from " + datasets.relation(result.artifacts().get(output).digest()));
    }
  }

  @Test
  void goodDataGoThroughUntouched() throws Exception {
    var data = data(TITANIC);
    var result =
        validate(
            data,
            "columns:\n  survived: { type: integer, nullable: false, values: [0, 1] }\nrules:\n  - { name: fare, expression: fare >= 0 }\n");
    assertThat(result.artifacts()).containsOnlyKeys("data");
    assertThat(result.artifacts().get("data").digest()).isEqualTo(data);
    assertThat(result.summary().get("rows").asLong()).isEqualTo(1309);
    assertThat(result.summary().get("nulls").asLong()).isEqualTo(3855);
  }

  @Test
  void brokenDataStopTheStepWithRuleCountExamplesAndFix() {
    var data = data(TITANIC);
    assertThatThrownBy(() ->
            validate(
                data,
                "columns:\n  age: { type: number, nullable: false, max: 75 }\n  deck: { type: text }\n"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContainingAll(
            "column \"age\" has no missing value: 263 rows fail",
            "column \"age\" <= 75: 2 rows fail; correct the values, or raise max",
            "age=80.0",
            "column \"deck\" is missing");
  }

  @Test
  void rowsAreSetAsideWithTheirReasonAndEqualRunsGiveEqualDigests() throws Exception {
    var data = data(TITANIC);
    var contract =
        "on-failure: quarantine\ncolumns:\n  age: { type: number, max: 70 }\nrules:\n  - { name: paid, expression: fare > 0, on-failure: warn }\n";
    var result = validate(data, contract);
    assertThat(rows(result, "quarantine") + rows(result, "data")).isEqualTo(1309);
    assertThat(rows(result, "quarantine"))
        .isEqualTo(result.summary().get("quarantined").asLong())
        .isPositive();
    assertThat(log).anyMatch(l -> l.startsWith("warn: rule \"paid\": 17 rows fail"));
    assertThat(validate(data, contract).artifacts()).isEqualTo(result.artifacts());
  }

  @Test
  void aContractThatSetsEveryRowAsideIsRefused() {
    var data = data(TITANIC);
    assertThatThrownBy(() ->
            validate(
                data,
                "rules:\n  - { name: never, expression: \"1 = 0\", on-failure: quarantine }\n"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("every row would be set aside");
  }

  @Test
  void unknownKeysAreRefusedWithTheirPlace() {
    var data = data(TITANIC);
    assertThatThrownBy(() -> validate(data, "columns:\n  age: { type: number, nulable: false }\n"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("contracts/t.yaml")
        .hasMessageContaining("nullable");
    assertThatThrownBy(() -> validate(data, "columns:\n  age: { type: nummer }\n"))
        .hasMessageContaining("contracts/t.yaml")
        .hasMessageContaining("number");
    assertThatThrownBy(() -> validate(data, "on-failure: stopp\n"))
        .hasMessageContaining("stop, warn, quarantine");
  }

  @Test
  void januaryIsSplitAtAnInstant() throws Exception {
    var data = data(FLIGHTS);
    var component = new SplitComponent(datasets);
    var result =
        component.run(task(data, "", "by", "time", "column", "dep_ts", "at", "2001-01-25"));
    assertThat(rows(result, "train") + rows(result, "test")).isEqualTo(124_159);
    assertThat(result.summary().get("test_rows").asLong()).isEqualTo(rows(result, "test"));
    assertThat(
            component
                .run(task(data, "", "by", "time", "column", "dep_ts", "at", "2001-01-25"))
                .artifacts())
        .isEqualTo(result.artifacts());
    assertThatThrownBy(() ->
            component.run(task(data, "", "by", "time", "column", "dep_ts", "at", "2002-01-25")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContainingAll("leaves no test rows", "\"dep_ts\" runs from 2001-01-01");
    assertThatThrownBy(() ->
            component.run(task(data, "", "by", "time", "column", "dep_ts", "at", "1999-01-25")))
        .hasMessageContaining("no training rows");
  }

  @Test
  void statisticsAreKeptByDigest() {
    var profiles = new Profiles(datasets);
    var data = data(FLIGHTS);
    var first = profiles.profile(data);
    assertThat(first.rows()).isEqualTo(124_159);
    assertThat(profiles.profile(data)).isEqualTo(first);
    assertThat(new Profiles(datasets).diff(data, data).columns())
        .allMatch(c -> c.psi() == null || Math.abs(c.psi()) < 1e-9);
  }

  private void assertRefusedAtApply(String names, String sql, String message) {
    var component = new QueryComponent(datasets);
    assertThatThrownBy(() ->
            component.checkFiles(
                Map.of("sql", Json.tree("queries/q.sql"), "datasets", Json.parse(names)),
                Map.of("queries/q.sql", sql, "datasets/mine.yaml", "source: a.csv\n")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void whatIsWrongWithAQueryIsSeenBeforeItRuns() {
    assertRefusedAtApply("[\"mine\"]", "select *\nfrom from mine", "queries/q.sql:2:6: ");
    assertRefusedAtApply(
        "[\"mine\"]",
        "select *\nfrom mien",
        "queries/q.sql:2:6: no table \"mien\": the datasets of this query are mine; did you mean \"mine\"?");
    assertRefusedAtApply(
        "[\"flihgts\"]",
        "select * from flihgts",
        "datasets: nothing defines a dataset \"flihgts\"");
    new QueryComponent(datasets)
        .checkFiles(
            Map.of("sql", Json.tree("queries/q.sql"), "datasets", Json.parse("[\"mine/1\"]")),
            Map.of(
                "queries/q.sql",
                "with m as (select * from mine) select $x, user from m, range(3)",
                "datasets/mine.yaml",
                "source: a.csv\n"));
  }
}
