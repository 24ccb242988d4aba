package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances of steps as the command line and REST show them, of commands of one's own. */
final class FanOutIT {
  private static final String PIPELINE =
      """
      name: many
      steps:
        days: { run: 'printf "{\\"list\\": [4, 5, 6]}" > "$MILLRACE_OUTPUTS/values.json"', outputs: { list: list } }
        each:
          run: 'echo "day $MILLRACE_PARAM_DAY" && printf "{\\"twice\\": %s}" $((MILLRACE_PARAM_DAY * 2)) > "$MILLRACE_OUTPUTS/values.json"'
          strategy: { for-each: "${{ steps.days.outputs.list }}" }
          with: { day: "${{ each.item }}" }
          outputs: { twice: integer }
        tune:
          run: 'printf "{\\"loss\\": %s}" $((MILLRACE_PARAM_N * MILLRACE_PARAM_N)) > "$MILLRACE_OUTPUTS/values.json"'
          strategy: { search: { algorithm: grid, trials: 5, minimize: outputs.loss, space: { n: "int(-1,2)" } } }
          outputs: { loss: integer }
      """;

  @TempDir static Path folder;
  private static Program program;
  private static String run;

  @BeforeAll
  static void start() throws IOException {
    program = Program.up(folder.resolve("data"));
    var project = folder.resolve("project");
    Files.createDirectories(project.resolve("pipelines"));
    Files.writeString(project.resolve("millrace.yaml"), "name: many\n");
    Files.writeString(project.resolve("pipelines/many.yaml"), PIPELINE);
    program.done("check", project.toString());
    program.done("apply", project.toString());
    run = program.done("run", "many", "--follow", "--json").json().path("id").asText();
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  @Test
  void aRunCountsThemAndTheyAreListedInPages() {
    assertThat(program.done("pipeline", "show", run).out()).contains("3 instances: 3 ran");
    var page = program.done("pipeline", "instances", run, "each", "--limit", "2", "--json").json();
    assertThat(page.path("instances")).hasSize(2);
    assertThat(page.path("next").asInt()).isEqualTo(1);
    var text = program.done("pipeline", "instances", run, "each", "--after", "1").out();
    assertThat(text).contains("each[2]", "item 6", "twice 12").doesNotContain("each[1]");
    assertThat(program.millrace("pipeline", "instances", run, "each", "--state", "odd").err())
        .contains("ran, cached");
  }

  @Test
  void oneIsLoggedExplainedAndDoneAgain() {
    assertThat(program.done("pipeline", "logs", run, "each[1]").out()).contains("day 5");
    assertThat(program.done("explain", run, "each[1]").out()).contains("each[1]", "miss");
  }

  @Test
  void aSearchShowsItsBestTrial() {
    assertThat(program.done("pipeline", "show", run).out()).contains("4 instances", "n 0");
  }
}
