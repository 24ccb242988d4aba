package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Explaining, planning, comparing and making again, on a pipeline that trains a real model. */
final class LookingAheadIT {
  @TempDir static Path folder;
  private static Program program;
  private static Path project;
  private static String first;
  private static String second;

  @BeforeAll
  static void start() throws IOException {
    program = Program.up(folder.resolve("data"));
    project = folder.resolve("titanic");
    var table = Program.HOME.resolve("src/test/resources/data/titanic.csv").toString();
    program.done("init", project.toString(), "--data", table, "--label", "survived");
    program.done("apply", project.toString());
    first = program.done("run", "titanic", "--follow", "--json").json().path("id").asText();
    append("queries", ".sql", "\n-- the same rows\n");
    var planned = program.done("plan", project.toString(), "--json").json();
    assertThat(steps(planned.path("pipelines").path(0), "verdict", "must_run")).hasSize(1);
    program.done("apply", project.toString());
    var run = program.done("run", "titanic", "--explain", "--json").json();
    second = run.path("id").asText();
    assertThat(steps(run.path("explanation"), "cache", "miss"))
        .isEqualTo(steps(planned.path("pipelines").path(0), "verdict", "must_run"));
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  private static void append(String folder, String end, String text) throws IOException {
    try (var files = Files.list(project.resolve(folder))) {
      var file = files.filter(f -> f.toString().endsWith(end)).findFirst().orElseThrow();
      Files.writeString(file, Files.readString(file) + text);
    }
  }

  private static TreeSet<String> steps(JsonNode of, String field, String value) {
    var names = new TreeSet<String>();
    for (var step : of.has("steps") ? of.path("steps") : of)
      if (step.path(field).asText().equals(value)) names.add(step.path("step").asText());
    return names;
  }

  @Test
  void thePlanOfWhatIsAppliedSaysThatNothingWouldRun() {
    var text = program.done("plan", project.toString()).out();
    assertThat(text).contains("pipeline titanic: nothing would run");
  }

  @Test
  void explanationsAreThereForOneStepToo() {
    var text = program.done("explain", second).out();
    assertThat(text)
        .contains("hit", "miss", "file sql", "the result of step train in run " + first);
    var one = program.done("explain", second, "train", "--json").json();
    assertThat(one.path("steps")).hasSize(1);
    assertThat(program.millrace("explain", second, "nothing").code()).isEqualTo(1);
  }

  @Test
  void runsAndVersionsAreCompared() {
    var text = program.done("diff", first, second).out();
    assertThat(text).contains("code", "file sql");
    assertThat(program.done("diff", "titanic/1", "titanic/1").out()).contains("do not differ");
    assertThat(program.millrace("diff", first, "titanic/1").code()).isEqualTo(2);
  }

  @Test
  void anImpactReachesTheModelAndItsEndpoint() {
    var answer = program.done("impact", "column:titanic.age", "--json").json();
    var touched = new TreeSet<String>();
    for (var each : answer.path("pipelines").path(0).path("touches"))
      touched.add(each.path("kind").asText() + " " + each.path("name").asText());
    assertThat(touched).contains("model titanic/1", "endpoint titanic");
    assertThat(answer.path("most_seconds").asDouble()).isPositive();
    assertThat(program.millrace("impact", "column:titanic.agee").err())
        .contains("dataset titanic has no column \"agee\"; did you mean \"age\"?");
    assertThat(program.get("/api/v1/impact").statusCode()).isEqualTo(400);
  }

  @Test
  void theModelIsMadeAgainBitByBit() throws IOException {
    var refused = program.millrace("reproduce", "model:titanic/1");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("put it back and apply the project");
    var file = project.resolve("queries/titanic.sql");
    var now = Files.readString(file);
    Files.writeString(file, now.replace("\n-- the same rows\n", ""));
    program.done("apply", project.toString());
    var answer = program.done("reproduce", "model:titanic/1", "--json").json();
    assertThat(answer.path("likeness").asText()).isEqualTo("bit_equal");
    assertThat(steps(answer.path("work"), "likeness", "bit_equal")).contains("train", "evaluate");
    Files.writeString(file, now);
    program.done("apply", project.toString());
  }
}
