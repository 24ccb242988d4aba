package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.definitions.Change;
import io.millrace.definitions.ProjectFiles;
import io.millrace.definitions.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetKindTest {
  @TempDir Path folder;
  private DataRoom room;
  private DatasetKind kind;

  @BeforeEach
  void open() {
    room = new DataRoom(folder);
    kind = new DatasetKind(room.datasets);
  }

  @AfterEach
  void close() {
    room.close();
  }

  private static ProjectFiles project(String yaml, SortedMap<String, Digest> data) {
    return new ProjectFiles(
        "demo",
        new TreeMap<>(Map.of("datasets/people.yaml", yaml)),
        new TreeMap<>(Map.of("datasets/people.yaml", data)));
  }

  private List<Change.Action> apply(ProjectFiles files) {
    var plan = kind.plan(files);
    var prepared = kind.prepare(files);
    return room.database.write(tx -> {
      var actions = plan.apply(tx).stream().map(Change::action).toList();
      prepared.accept(tx);
      return actions;
    });
  }

  private void assertRefused(String yaml, String message) {
    assertThatThrownBy(() -> apply(project(yaml, room.texts("people.csv", "id,age\n1,20\n2,-5\n"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void applyMakesAVersionOnceAndAnotherWhenTheDataChange() {
    var yaml = "source: data/people.csv\n";
    var first = project(yaml, room.texts("people.csv", "id\n1\n"));
    assertThat(kind.sources(first)).isEqualTo(Map.of("datasets/people.yaml", "data/people.csv"));
    assertThat(apply(first)).containsExactly(Change.Action.CREATE);
    assertThat(apply(first)).containsExactly(Change.Action.UNCHANGED);
    assertThat(apply(project(yaml + "description: people\n", room.texts("people.csv", "id\n1\n"))))
        .containsExactly(Change.Action.UPDATE);
    assertThat(room.datasets.versions("people")).hasSize(1);
    assertThat(apply(project(yaml, room.texts("people.csv", "id\n2\n"))))
        .containsExactly(Change.Action.UPDATE);
    assertThat(room.datasets.named("people").number()).isEqualTo(2);
  }

  @Test
  void aDatasetWhoseFileIsGoneIsReleasedAndKeepsItsVersions() {
    var data = room.texts("a.csv", "id\n1\n");
    apply(project("source: a.csv\n", data));
    var none = new ProjectFiles("demo", new TreeMap<>(), new TreeMap<>());
    assertThat(room.database.read(kind.plan(none)))
        .containsExactly(
            new Change(
                "dataset",
                "people",
                Change.Action.DELETE,
                "its file datasets/people.yaml is gone: it belongs to the project no longer; its versions stay"));
    assertThat(apply(none)).containsExactly(Change.Action.DELETE);
    assertThat(apply(none)).isEmpty();
    assertThat(room.datasets.versions("people")).hasSize(1);
    assertThat(apply(project("source: a.csv\n", data))).containsExactly(Change.Action.UPDATE);
  }

  @Test
  void aDatasetThatAProjectOwnsIsNotRegisteredPastItsFiles() {
    var yaml = "source: a.csv\ncolumns: { id: { type: integer, max: 9 } }\n";
    apply(project(yaml, room.texts("a.csv", "id\n1\n")));
    assertThatThrownBy(() -> room.register("people", room.texts("b.csv", "id\nmany\n")))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("belongs to the project \"demo\"")
        .hasMessageContaining("apply the project");
    assertThat(room.datasets.versions("people")).hasSize(1);
  }

  @Test
  void anotherProjectCannotTakeADataset() {
    apply(project("source: a.csv\n", room.texts("a.csv", "id\n1\n")));
    var other =
        new ProjectFiles(
            "other",
            new TreeMap<>(Map.of("datasets/people.yaml", "source: a.csv\n")),
            new TreeMap<>(Map.of("datasets/people.yaml", room.texts("a.csv", "id\n1\n"))));
    assertThatThrownBy(() -> apply(other))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("belongs to the project \"demo\"");
  }

  @Test
  void mistakesInTheFileAreToldWithTheirPlace() {
    assertRefused(
        "sorce: a.csv\n",
        "datasets/people.yaml:1:1: unknown key \"sorce\"; did you mean \"source\"?");
    assertRefused("format: csv\n", "\"source\" is missing here");
    assertRefused("source: ../other\n", "datasets/people.yaml:1:9: source: got \"../other\"");
    assertRefused("source: .\n", "source: got \".\", expected a file or folder of this project");
    assertRefused("source: /etc/passwd\n", "expected a file or folder of this project");
    assertRefused(
        "source: a\nformat: xml\n",
        "datasets/people.yaml:2:9: format: got \"xml\", expected parquet, csv or jsonl");
    assertRefused("source: a\ncsv: { delimeter: ; }\n", "did you mean \"delimiter\"?");
    assertRefused("source: a\ncolumns: { age: { type: nummer } }\n", "type of column \"age\"");
    assertRefused("source: a\non-failure: quarantine\n", "data/validate");
    assertRefused(
        "source: a\ncolumns: { name: { type: text } }\n",
        "datasets/people.yaml: people.csv has no column \"name\", which its definition declares");
  }

  @Test
  void dataThatBreakTheirContractAreNotRegistered() {
    assertRefused(
        "source: a\ncolumns: { id: { type: integer }, age: { type: number, min: 0 } }\n", "row 2");
    assertThat(room.datasets.list()).isEmpty();
    apply(
        project(
            "source: a\non-failure: warn\ncolumns: { id: { type: integer }, age: { type: number, min: 0 } }\n",
            room.texts("people.csv", "id,age\n1,20\n2,-5\n")));
    assertThat(room.datasets.named("people").rows()).isEqualTo(2);
  }

  @Test
  void theExamplesKeepTheirContracts() throws IOException {
    for (var example : List.of("flights", "diamonds")) {
      var root = Path.of("examples", example);
      var texts = new TreeMap<String, String>();
      for (var part : List.of("datasets", "queries", "contracts")) {
        try (var files = Files.list(root.resolve(part))) {
          for (var file : files.toList())
            texts.put(part + "/" + file.getFileName(), Files.readString(file));
        }
      }
      var sources = new TreeMap<String, SortedMap<String, Digest>>();
      kind.sources(new ProjectFiles(example, texts, sources))
          .forEach((yaml, source) -> {
            var path = root.resolve(source);
            sources.put(
                yaml,
                Files.isDirectory(path)
                    ? room.folder(path)
                    : new TreeMap<>(
                        Map.of(path.getFileName().toString(), room.artifacts.putFile(path))));
          });
      assertThat(apply(new ProjectFiles(example, texts, sources)))
          .containsOnly(Change.Action.CREATE);
    }
    check(
        "flights",
        "examples",
        List.of("flights", "labels", "airport_hourly", "route_daily"),
        Map.of("from", Json.tree("2001-01-02"), "until", Json.tree("2001-02-01")),
        0);
    check("diamonds", "diamonds", List.of("diamonds"), Map.of(), 23);
  }

  private void check(
      String example,
      String name,
      List<String> datasets,
      Map<String, JsonNode> values,
      long quarantined)
      throws IOException {
    var tables = new LinkedHashMap<String, Digest>();
    for (var dataset : datasets) tables.put(dataset, room.datasets.named(dataset).digest());
    var root = Path.of("examples", example);
    var path = "contracts/" + name + ".yaml";
    var contract = Contract.parse(Yaml.read(path, Files.readString(root.resolve(path))));
    try (var engine = room.datasets.engine(1)) {
      var stored =
          new Queries(room.datasets)
              .store(
                  engine,
                  Files.readString(root.resolve("queries/" + name + ".sql")),
                  tables,
                  values,
                  new ArrayList<String>()::add);
      var validation = contract.validate(engine, room.datasets.relation(stored.digest()));
      validation.stopIfBroken(example);
      assertThat(validation.broken(OnFailure.WARN)).isEmpty();
      assertThat(validation.quarantined()).isEqualTo(quarantined);
    }
  }
}
