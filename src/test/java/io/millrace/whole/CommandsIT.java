package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.base.Json;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands take, print and end with, in text and in JSON. */
final class CommandsIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");
  private static final String PASSENGER =
      "{\"age\": 30, \"fare\": 7.5, \"pclass\": 3, \"sibsp\": 0, \"parch\": 0, \"sex\": \"male\", \"embarked\": \"S\"}";

  @TempDir static Path folder;
  private static Program program;

  @BeforeAll
  static void start() {
    program = Program.up(folder.resolve("data"));
    for (var model : List.of("titanic_logreg", "digits_cnn")) {
      program.done("model", "import", model, MODELS.resolve(model + ".onnx").toString());
      program.done("deploy", model, "--model", model);
    }
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  private static String file(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @Test
  void predictTakesAListOfRowsAsItTakesLinesOfThem() throws Exception {
    var lines = file("rows.jsonl", PASSENGER + "\n" + PASSENGER + "\n");
    var list = file("rows.json", "[\n  " + PASSENGER + ",\n  " + PASSENGER + "\n]\n");
    var one = program.done("predict", "titanic_logreg", "--input", lines, "--json").json();
    var two = program.done("predict", "titanic_logreg", "--input", list, "--json").json();
    assertThat(one.path("predictions")).hasSize(2);
    assertThat(two).isEqualTo(one);
  }

  @Test
  void predictExplainsEachRowAndSaysThatItAddsUp() throws Exception {
    var lines = new ArrayList<String>();
    for (int age = 1; age <= 20; age++)
      lines.add(PASSENGER.replace("\"age\": 30", "\"age\": " + age));
    var rows = file("passengers.jsonl", String.join("\n", lines));
    // The package has no rows of its own to hold them against.
    program.done("predict", "titanic_logreg", "--input", rows);
    var told = program.done("predict", "titanic_logreg", "--input", rows, "--explain");
    assertThat(told.out()).contains("row 1: ", "row 20: ", "INPUT", "age", "on average");
    assertThat(told.out().lines().filter(text -> text.startsWith("check: "))).hasSize(20);
    var answer = program.done("predict", "titanic_logreg", "--input", rows, "--explain", "--json");
    assertThat(answer.json().path("predictions")).hasSize(20);
    for (var one : answer.json().path("predictions")) {
      var explanation = one.path("explanation");
      double sum = explanation.path("base_value").asDouble();
      for (var part : explanation.path("contributions"))
        sum += part.path("contribution").asDouble();
      assertThat(sum).isCloseTo(explanation.path("value").asDouble(), within(1e-3));
    }
  }

  @Test
  void predictRefusesMoreRowsThanItAsksAbout() throws Exception {
    var text =
        "age,fare,pclass,sibsp,parch,sex,embarked\n" + "30,7.5,3,0,0,male,S\n".repeat(100_001);
    var ended = program.millrace("predict", "titanic_logreg", "--input", file("many.csv", text));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("many.csv has more than 100,000 rows", "split the file");
  }

  @Test
  void predictSaysWhichColumnsAnImageNeeds() throws Exception {
    var ended = program.millrace("predict", "digits_cnn", "--input", file("x.csv", "image\n1\n"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .contains("x.csv has no column \"image_0\", which the model needs; it has [image]");
  }

  @Test
  void anyTwoVersionsOfDatasetsAreCompared() throws Exception {
    program.done("dataset", "register", "before", file("before.csv", "x,t\n1,a\n2,b\n3,b\n"));
    program.done("dataset", "register", "after", file("after.csv", "x,u\n1.5,a\n2,b\n"));
    var text = program.done("dataset", "diff", "before", "after/1").out();
    assertThat(text.lines())
        .contains("rows: 3 -> 2", "added: u", "removed: t", "type of x: BIGINT -> DOUBLE")
        .anyMatch(l -> l.startsWith("COLUMN "))
        .anyMatch(l -> l.startsWith("x ") && l.contains("3 -> 2"));
    var json = program.done("dataset", "diff", "before/1", "after", "--json").json();
    assertThat(json.path("rows").path("to").asInt()).isEqualTo(2);
    assertThat(program.millrace("dataset", "diff", "before", "nothing").err())
        .contains("no dataset \"nothing\"");
  }

  @Test
  void theLogsOfARunArePrintedAsJson() throws Exception {
    var project = Files.createDirectories(folder.resolve("logs/pipelines")).getParent();
    Files.writeString(project.resolve("millrace.yaml"), "name: logs\n");
    Files.writeString(
        project.resolve("pipelines/logs.yaml"),
        "name: logs\nsteps: { a: { uses: core/noop }, b: { uses: core/noop, needs: a } }\n");
    program.done("apply", project.toString());
    var run = program.done("run", "logs", "--follow", "--json").json().path("id").asText();
    var all = program.done("pipeline", "logs", run, "--json").json();
    assertThat(all.path("run").asText()).isEqualTo(run);
    assertThat(all.path("steps"))
        .extracting(s -> s.path("name").asText())
        .containsExactly("a", "b");
    assertThat(all.path("steps")).allMatch(s -> s.path("lines").isArray());
    var one = program.done("pipeline", "logs", run, "b", "--json").json();
    assertThat(one.path("steps")).hasSize(1);
  }

  @Test
  void upAndDownSpeakJson() throws Exception {
    var data = folder.resolve("own");
    var server =
        new ProcessBuilder(
                Program.HOME.resolve("millrace").toString(),
                "up",
                "--port",
                "0",
                "--json",
                "--data",
                data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = server.inputReader()) {
      var ready = Json.parse(out.readLine());
      assertThat(ready.path("pid").asLong()).isEqualTo(server.pid());
      assertThat(ready.path("data").asText()).isEqualTo(data.toString());
      assertThat(ready.path("url").asText()).startsWith("http://127.0.0.1:");
      var down = Program.run(List.of(), "down", "--json", "--data", data.toString()).json();
      assertThat(down.path("stopped").asBoolean()).isTrue();
      assertThat(down.path("url")).isEqualTo(ready.path("url"));
      assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
      var again = Program.run(List.of(), "down", "--json", "--data", data.toString()).json();
      assertThat(again.path("stopped").asBoolean()).isFalse();
    } finally {
      server.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run x --param abc",
        "up --port 99999",
        "quickstart --port 99999",
        "dataset diff a/b/c d",
        "dataset diff a/x d",
        "model alias m x",
        "model list --server nowhere",
      })
  void wrongUsageEndsWith2(String line) {
    var ended = program.millrace(line.split(" "));
    assertThat(ended.code()).as(ended.err()).isEqualTo(2);
    assertThat(ended.err()).contains("got", "expected", "--help").doesNotContain("Exception");
  }

  @Test
  void aDirectoryOfLinksDoesNotBringForeignFiles() throws Exception {
    var project = Files.createDirectories(folder.resolve("linked/datasets")).getParent();
    Files.createDirectories(project.resolve("data"));
    Files.writeString(project.resolve("millrace.yaml"), "name: linked\n");
    Files.writeString(project.resolve("datasets/d.yaml"), "source: data/d.csv\n");
    var link =
        Files.createSymbolicLink(project.resolve("data/d.csv"), Path.of(file("o.csv", "x\n1\n")));
    var ended = program.millrace("apply", project.toString());
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).contains(link + " is a link that leads out of " + project);
  }
}
