package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of experiments, on runs that an MLflow client logged. */
final class ExperimentCommandsIT {
  @TempDir static Path folder;
  private static Program program;
  private static String first;
  private static String second;

  @BeforeAll
  static void start() {
    program = Program.up(folder.resolve("data"));
    var churn = mlflow("experiments/create", "{'name':'churn'}");
    mlflow("experiments/create", "{'name':'other'}");
    assertThat(churn).contains("\"1\"");
    post("/api/v1/experiments/churn/folder", "{'folder':'team/vision'}");
    first = run("one", "0.1", "0.75");
    second = run("two", "0.2", "0.5");
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  private static String mlflow(String call, String body) {
    return post("/api/2.0/mlflow/" + call, body);
  }

  private static String post(String path, String body) {
    var answer =
        Program.send(
            HttpRequest.newBuilder(URI.create(program.url() + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"'))));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static String run(String name, String eta, String auc) {
    var made =
        Json.parse(mlflow("runs/create", "{'experiment_id':'1','run_name':'%s'}".formatted(name)));
    var id = made.path("run").path("info").path("run_id").asText();
    mlflow(
        "runs/log-batch",
        "{'run_id':'%s','params':[{'key':'eta','value':'%s'},{'key':'seed','value':'7'}],'metrics':[{'key':'auc','value':0.25,'timestamp':1,'step':0},{'key':'auc','value':%s,'timestamp':2,'step':1}]}"
            .formatted(id, eta, auc));
    return id;
  }

  @Test
  void experimentsAreListedByFolder() {
    assertThat(program.done("experiment", "list").out()).contains("Default", "churn", "other");
    assertThat(program.done("experiment", "list", "--folder", "team").out())
        .contains("churn", "team/vision")
        .doesNotContain("other");
    var none = program.millrace("experiment", "list", "--folder", "team/visoin");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("did you mean \"team/vision\"?");
  }

  @Test
  void runsAreFilteredOrderedAndShownByColumns() {
    var out =
        program
            .done(
                "experiment",
                "runs",
                "churn",
                "--filter",
                "metrics.auc >= 0.5",
                "--order-by",
                "metrics.auc ASC",
                "--columns",
                "metrics.auc,params.eta")
            .out()
            .lines()
            .toList();
    assertThat(out.getFirst()).endsWith("metrics.auc  params.eta");
    assertThat(out.get(1)).startsWith(second).endsWith("0.5          0.2");
    assertThat(out.get(2)).startsWith(first).endsWith("0.75         0.1");
  }

  @Test
  void aRunIsShownWithTheRangesOfItsMetrics() {
    assertThat(program.done("experiment", "show", first).out())
        .contains("run one, RUNNING", "eta        0.1")
        .containsPattern("auc +0.75 +0.25 +0.75 +1 +2");
  }

  @Test
  void comparingShowsWhatDiffersAndAllOnRequest() {
    var some = program.done("experiment", "compare", first, second).out();
    assertThat(some).contains("params.eta", "metrics.auc").doesNotContain("params.seed");
    assertThat(program.done("experiment", "compare", first, second, "--all").out())
        .contains("params.seed");
  }

  @Test
  void aCopyMovesIsDeletedComesBackAndGoesForGood() {
    var copied = program.done("experiment", "copy", first, "--to", "other", "--json").json();
    var copy = copied.path("runs").path(0).asText();
    program.done("experiment", "move", copy, "--to", "churn");
    assertThat(program.done("experiment", "runs", "other").out()).doesNotContain(copy);
    assertThat(program.done("experiment", "delete", copy, "--preview").out())
        .contains("for good takes");
    program.done("experiment", "delete", copy);
    assertThat(program.done("experiment", "runs", "churn").out()).doesNotContain(copy);
    program.done("experiment", "restore", copy);
    assertThat(program.done("experiment", "runs", "churn").out()).contains(copy);
    program.done("experiment", "delete", copy, "--for-good");
    assertThat(program.millrace("experiment", "show", copy).err()).contains("not found");
  }

  @Test
  void anExportIsATableThatADatasetCanBeMadeOf() {
    var file = folder.resolve("runs.parquet").toString();
    var out = program.done("experiment", "export", "churn", "--out", file, "--json").json();
    assertThat(out.path("bytes").asLong()).isPositive();
    program.done("dataset", "register", "exported", file);
    var rows =
        program
            .done(
                "dataset",
                "query",
                "select name, \"params.eta\", \"metrics.auc\" from exported order by name",
                "--dataset",
                "exported")
            .out();
    assertThat(rows).containsPattern("one +0.1 +0.75").containsPattern("two +0.2 +0.5");
    program.done(
        "experiment",
        "export",
        "churn",
        "--metrics",
        "--filter",
        "params.eta = '0.1'",
        "--out",
        file);
    program.done("dataset", "register", "history", file);
    assertThat(
            program
                .done(
                    "dataset", "query", "select count(*) as n from history", "--dataset", "history")
                .out())
        .contains("2");
    var nowhere = folder.resolve("nowhere/runs.parquet").toString();
    var wrong = program.millrace("experiment", "export", "churn", "--out", nowhere);
    assertThat(wrong.code()).isEqualTo(2);
    var filter =
        program.millrace("experiment", "export", "churn", "--out", file, "--filter", "nothing");
    assertThat(filter.code()).isEqualTo(1);
    assertThat(filter.err()).contains("Invalid filter");
  }

  @Test
  void theCodeOfRunsIsKeptAndCompared() throws Exception {
    var code = Files.createDirectories(folder.resolve("code"));
    git(code, "init", "-q");
    Files.writeString(code.resolve(".gitignore"), "ignored.txt\n.env\n");
    Files.writeString(code.resolve("ignored.txt"), "x");
    Files.writeString(code.resolve(".env"), "PASSWORD=x");
    Files.write(code.resolve("model.bin"), new byte[] {0, 1});
    Files.writeString(code.resolve("train.py"), "print(1)\n");
    var kept = program.done("experiment", "snapshot", first, code.toString()).out();
    assertThat(kept).contains("kept 2 files", "left out: model.bin (no text)");
    Files.writeString(code.resolve("train.py"), "print(2)\n");
    program.done("experiment", "snapshot", second, code.toString());
    assertThat(program.done("experiment", "diff", first, second).out())
        .contains("changed train.py", "-print(1)", "+print(2)")
        .containsPattern("eta +0.1 +0.2")
        .doesNotContain("seed", "ignored");
    assertThat(program.done("experiment", "show", first).out())
        .contains("code/train.py")
        .doesNotContain("ignored.txt");
    var again = program.millrace("experiment", "snapshot", first, code.toString());
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("has other files below code/ already");
    Files.writeString(code.resolve("secrets.yaml"), "x");
    var secret = program.millrace("experiment", "snapshot", first, code.toString(), "--replace");
    assertThat(secret.code()).isEqualTo(1);
    assertThat(secret.err()).contains("\"secrets.yaml\" looks like a file of secrets");
    program.done(
        "experiment", "snapshot", first, code.toString(), "--replace", "--exclude", "secrets.*");
  }

  private static void git(Path directory, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("git", "-C", directory.toString()));
    command.addAll(List.of(arguments));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void mistakesAreToldWithWhatWasExpected() {
    var unknown = program.millrace("experiment", "runs", "chrn");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("no experiment \"chrn\"; did you mean \"churn\"?");
    var filter = program.millrace("experiment", "runs", "churn", "--filter", "metrics.auc >");
    assertThat(filter.code()).isEqualTo(1);
    assertThat(filter.err()).contains("Invalid filter at position 14");
    var columns = program.millrace("experiment", "runs", "churn", "--columns", "auc");
    assertThat(columns.code()).isEqualTo(1);
    assertThat(columns.err()).contains("columns: got \"auc\", expected names such as metrics.auc");
    var id = program.millrace("experiment", "show", "one");
    assertThat(id.code()).isEqualTo(2);
    assertThat(id.err()).contains("run: got \"one\", expected a run's id");
  }
}
