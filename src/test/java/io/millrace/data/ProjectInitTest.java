package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.definitions.Yaml;
import io.millrace.metadata.Metadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectInitTest {
  private static final Path TITANIC = Path.of("src/test/resources/data/titanic.csv");
  private static final Path DIAMONDS = Path.of("examples/diamonds/data/diamonds.parquet");

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Datasets datasets;
  private ProjectInit init;

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    datasets =
        new Datasets(
            database, artifacts, new Metadata(database, clock), folder.resolve("work"), clock);
    init = new ProjectInit(datasets, new Profiles(datasets), artifacts);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Digest text(String content) {
    return artifacts.put(content.getBytes(StandardCharsets.UTF_8));
  }

  /** Registers the table under the project's dataset and runs the project's query. */
  private Digest rows(ProjectInit.Project project, String file, Digest blob, String delimiter) {
    var dataset =
        project.files().keySet().stream()
            .filter(f -> f.startsWith("datasets/"))
            .findFirst()
            .orElseThrow()
            .replaceAll("datasets/|[.]yaml", "");
    var options =
        new SourceOptions(
            SourceOptions.Format.of(file),
            SourceOptions.Csv.of(delimiter, null, null),
            new TreeMap<>());
    var version = datasets.register(dataset, new TreeMap<>(Map.of(file, blob)), options).version();
    try (var engine = datasets.engine(1)) {
      return new Queries(datasets)
          .store(
              engine,
              project.files().get("queries/" + dataset + ".sql"),
              new TreeMap<>(Map.of(dataset, version.digest())),
              new TreeMap<>(),
              line -> {})
          .digest();
    }
  }

  /** Every YAML file is read strictly, and the query's rows keep the contract. */
  private void assertReady(ProjectInit.Project project, Digest data) {
    project
        .files()
        .forEach((path, text) -> {
          if (path.endsWith(".yaml")) Yaml.read(path, text);
        });
    var path =
        project.files().keySet().stream()
            .filter(f -> f.startsWith("contracts/"))
            .findFirst()
            .orElseThrow();
    var contract = Contract.parse(Yaml.read(path, project.files().get(path)));
    try (var engine = datasets.engine()) {
      var relation = datasets.relation(data);
      assertThat(contract.validate(engine, relation).broken()).isEmpty();
      assertThat(contract.columns().stream().map(ColumnContract::name))
          .containsExactlyElementsOf(
              engine.columns(relation).stream().map(Engine.ColumnType::name).toList());
    }
  }

  @Test
  void titanicBecomesABinaryProject() {
    var blob = artifacts.putFile(TITANIC);
    var project = init.create("My Titanic", blob, "titanic.csv", "survived");
    assertThat(project.files().keySet())
        .containsExactlyInAnyOrder(
            "millrace.yaml",
            "datasets/my-titanic.yaml",
            "contracts/my-titanic.yaml",
            "queries/my-titanic.sql",
            "pipelines/my-titanic.yaml");
    assertThat(project.pipeline()).isEqualTo("my-titanic");
    assertThat(project.files().get("datasets/my-titanic.yaml"))
        .contains(
            "source: \"data/titanic.csv\"",
            "format: csv",
            "delimiter: \",\"",
            "age: { type: number }",
            "pclass: { type: integer }");
    assertThat(project.files().get("pipelines/my-titanic.yaml"))
        .contains(
            "ignore: [passenger_id, cabin, ticket, name, home_dest]",
            "objective: binary",
            "label: survived",
            "evaluate/classification",
            "by: hash, column: passenger_id",
            "rule: \"candidate.auc >= champion.auc - 0.002\"",
            "slices: [sex, embarked]");
    assertThat(project.notes())
        .anyMatch(n -> n.startsWith("\"boat\" alone tells almost every label"))
        .noneMatch(n -> n.startsWith("\"sex\""));
    var data = rows(project, "titanic.csv", blob, ",");
    assertReady(project, data);
    try (var engine = datasets.engine()) {
      assertThat(engine.number("select count(*) from " + datasets.relation(data))).isEqualTo(1309);
    }
  }

  @Test
  void projectsOfTablesThatShareAFileNameDefineDatasetsOfDifferentNames() {
    var blob = artifacts.putFile(TITANIC);
    var one = init.create("one", blob, "train.csv", "survived");
    var two = init.create("two", blob, "train.csv", "survived");
    assertThat(one.files()).containsKey("datasets/one.yaml");
    assertThat(two.files()).containsKey("datasets/two.yaml");
  }

  @Test
  void diamondsBecomeARegressionProject() {
    var blob = artifacts.putFile(DIAMONDS);
    var project = init.create("diamonds", blob, "diamonds.parquet", "price");
    assertReady(project, rows(project, "diamonds.parquet", blob, null));
    assertThat(project.files().get("pipelines/diamonds.yaml"))
        .contains(
            "objective: regression",
            "evaluate/regression",
            "ignore: [diamond_id]",
            "by: hash, column: diamond_id",
            "candidate.rmse <= champion.rmse * 1.02",
            "slices: [cut, color, clarity]");
  }

  @Test
  void oddNamesAreQuotedFromEndToEnd() {
    var csv =
        new StringBuilder("Row No;\"Customer \"\"type\"\"\";Größe, in cm;select;{x: y};Is good?\n");
    for (int i = 0; i < 200; i++)
      csv.append(
          "%d;\"%s; \"\"q\"\"\";%d,5;%s;%d;%s\n"
              .formatted(
                  i,
                  i % 3 == 0 ? "new" : "old",
                  i % 40,
                  i % 2 == 0 ? "a" : "b'",
                  i % 7,
                  i % 4 == 0 ? "yes" : "no"));
    var blob = text(csv.toString());
    var project = init.create("Söme projekt!", blob, "My data (1).csv", "Is good?");
    assertThat(project.pipeline()).isEqualTo("some-projekt");
    assertThat(project.files().get("datasets/some-projekt.yaml"))
        .contains(
            "source: \"data/My data (1).csv\"",
            "delimiter: \";\"",
            "\"Customer \\\"type\\\"\": { type: text }",
            "\"Größe, in cm\": { type: number }");
    assertThat(project.files().get("queries/some-projekt.sql"))
        .contains("\"Customer \"\"type\"\"\"", "when 'yes' then 1");
    assertThat(project.files().get("pipelines/some-projekt.yaml"))
        .contains(
            "label: \"Is good?\"", "ignore: [\"Row No\"]", "by: stratified, column: \"Is good?\"");
    var data = rows(project, "My data (1).csv", blob, ";");
    assertReady(project, data);
    try (var engine = datasets.engine()) {
      assertThat(engine.number("select sum(\"Is good?\") from " + datasets.relation(data)))
          .isEqualTo(50);
    }
  }

  @Test
  void severalClassesBecomeTexts() {
    var csv = new StringBuilder("x,kind\n");
    for (int i = 0; i < 300; i++) csv.append(i * 0.37 % 9).append(',').append(i % 3).append('\n');
    var blob = text(csv.toString());
    var project = init.create("kinds", blob, "kinds.csv", "kind");
    assertReady(project, rows(project, "kinds.csv", blob, ","));
    assertThat(project.files().get("pipelines/kinds.yaml"))
        .contains("objective: multiclass", "candidate.log_loss <= champion.log_loss * 1.02");
    assertThat(project.files().get("contracts/kinds.yaml"))
        .contains("kind: { type: text, nullable: false, values: [\"0\", \"1\", \"2\"] }");
  }

  @Test
  void linesOfJsonWithTruthValuesAndEmptyColumnsBecomeAProject() {
    var lines = new StringBuilder();
    for (int i = 0; i < 60; i++)
      lines.append(
          "{\"when\": \"2001-01-%02d\", \"flag\": %b, \"gone\": null, \"amount\": %s, \"churned\": %b}\n"
              .formatted(i % 28 + 1, i % 2 == 0, i * 1.5, i % 3 == 0));
    var blob = text(lines.toString());
    var project = init.create("lines", blob, "lines.jsonl", "CHURNED");
    assertReady(project, rows(project, "lines.jsonl", blob, null));
    assertThat(project.notes())
        .contains("column \"gone\" is empty and left out")
        .anyMatch(n -> n.startsWith("\"when\" is not learnt from"));
    assertThat(project.files().get("pipelines/lines.yaml"))
        .contains("ignore: [when]", "by: stratified, column: churned");
  }

  @Test
  void tablesThatCannotBeLearntFromAreRefusedWithTheReason() {
    var rows = "1,a,x\n2,b,x\n".repeat(20);
    var blob = text("n,t,same\n" + rows);
    assertThatThrownBy(() -> init.create("p", blob, "p.csv", "tt"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no column \"tt\"")
        .hasMessageContaining("did you mean \"t\"");
    assertThatThrownBy(() -> init.create("p", blob, "p.csv", "same"))
        .hasMessageContaining("same value \"x\"");
    assertThatThrownBy(() -> init.create("p", blob, "../p.csv", "t"))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> init.create("p", blob, "p.xlsx", "t")).hasMessageContaining(".csv");
    assertThatThrownBy(() -> init.create("p", text("n,t\n1,a\n2,b\n"), "p.csv", "t"))
        .hasMessageContaining("2 rows");
    assertThatThrownBy(
            () -> init.create("p", text("t,only\n" + "a,x\nb,x\n".repeat(20)), "p.csv", "t"))
        .hasMessageContaining("no column is left to learn from");
  }

  private static String table(String header, int rows, java.util.function.IntFunction<String> row) {
    var csv = new StringBuilder(header).append('\n');
    for (int i = 0; i < rows; i++) csv.append(row.apply(i)).append('\n');
    return csv.toString();
  }

  @Test
  void aColumnOfNumbersWithAFewTextsIsNamedWithTheFirstOfThem() {
    var csv =
        table(
            "n,a,y",
            300,
            i -> (i == 250 || i == 270 ? "oops" : i * 0.5) + "," + i % 7 + "," + i % 2);
    assertThat(init.create("p", text(csv), "p.csv", "y").notes())
        .contains("column \"n\" is text because of 2 values such as \"oops\" (first at line 252)");
  }

  @Test
  void aLabelOfNumbersWithAFewTextsIsRefused() {
    var csv = table("n,y", 60, i -> i + "," + (i % 9 == 3 ? "inf" : i * 1.5));
    assertThatThrownBy(() -> init.create("p", text(csv), "p.csv", "y"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(
            "column \"y\" is text because of 7 values such as \"inf\" (first at line 5); ");
  }

  @Test
  void numbersOfTwentyDigitsAreSaidToBeBeyondWhatIsLearntFrom() {
    var csv = table("n,a,y", 60, i -> "1234567890123456%04d,%d,%d".formatted(i, i % 7, i % 2));
    assertThat(init.create("p", text(csv), "p.csv", "y").notes())
        .anyMatch(n ->
            n.startsWith(
                "\"n\" is not learnt from: it holds whole numbers of more than 18 digits"));
  }

  @Test
  void aColumnNamedAsTheModelsAnswerIsNotLearntFrom() {
    var csv = table("probability,a,y", 60, i -> i % 5 + "," + i % 7 + "," + i % 2);
    var project = init.create("p", text(csv), "p.csv", "y");
    assertThat(project.files().get("pipelines/p.yaml")).contains("ignore: [probability]");
    assertThat(project.notes()).anyMatch(n -> n.startsWith("\"probability\" is not learnt from: "));
  }

  @Test
  void aLabelAloneIsRefusedInOneLine() {
    assertThatThrownBy(() -> init.create("p", text("y\n" + "0\n1\n".repeat(20)), "p.csv", "y"))
        .hasMessage("no column is left to learn from: \"y\" is the only one, and it is the label");
  }
}
