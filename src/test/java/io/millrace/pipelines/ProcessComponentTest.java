package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import io.millrace.base.NotFound;
import io.millrace.definitions.Change;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Components that a project brings, and what is told of all of them. */
@Timeout(120)
class ProcessComponentTest {
  private static final String FILE = "components/repeat/component.yaml";
  private static final String COMPONENT =
      """
      name: repeat
      version: "1.2"
      meaning: Writes a word several times.
      inputs:
        word:  { type: text, meaning: the word, values: [mill, race] }
        times: { type: integer, default: 2, min: 1, max: 9, meaning: how often }
        before: { type: File, required: false, meaning: what stands above it }
      outputs:
        lines: { type: File, meaning: a line each }
        count: integer
      run: ./repeat.sh
      env: { MARK: "!" }
      """;
  private static final String SCRIPT =
      """
      #!/bin/sh
      set -e
      if test -n "$MILLRACE_INPUT_BEFORE"; then cat "$MILLRACE_INPUT_BEFORE" > "$MILLRACE_OUTPUTS/lines"; fi
      i=0
      while test $i -lt "$MILLRACE_PARAM_TIMES"; do
        echo "$MILLRACE_PARAM_WORD$MARK" >> "$MILLRACE_OUTPUTS/lines"
        i=$((i + 1))
      done
      grep -c . "$MILLRACE_OUTPUTS/lines" > "$MILLRACE_OUTPUTS/count"
      """;
  private static final String PIPELINE =
      """
      name: words
      steps:
        a: { uses: ./components/repeat, with: { word: mill } }
        b: { uses: ./components/repeat, with: { word: race, times: 3, before: "${{ steps.a.outputs.lines }}" } }
        c: { uses: core/value, with: { value: "${{ steps.b.outputs.count }}" } }
      """;

  @TempDir Path folder;
  private Bench bench;

  @BeforeEach
  void open() {
    bench = new Bench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void apply(String component, String script, String pipeline) {
    bench.apply(
        FILE, component, "components/repeat/repeat.sh", script, "pipelines/words.yaml", pipeline);
  }

  @Test
  void aStepUsesIt() {
    apply(COMPONENT, SCRIPT, PIPELINE);
    var run = bench.run("words");
    assertThat(run.error()).isNull();
    assertThat(run.step("c").outputs().path("value").intValue()).isEqualTo(5);
    assertThat(run.step("a").uses()).isEqualTo("./components/repeat");
  }

  @Test
  void itsKeyIsWhatItDoesAndNotWhatItIsCalledOrMeans() {
    apply(COMPONENT, SCRIPT, PIPELINE);
    bench.run("words");
    apply(COMPONENT.replace("1.2", "1.3").replace("Writes", "Puts"), SCRIPT, PIPELINE);
    assertThat(Bench.states(bench.run("words"))).isEqualTo("a=cached b=cached c=cached");
    apply(COMPONENT.replace("\"!\"", "\"?\""), SCRIPT, PIPELINE);
    assertThat(Bench.states(bench.run("words"))).isEqualTo("a=ran b=ran c=cached");
    apply(COMPONENT, SCRIPT + "# more\n", PIPELINE);
    assertThat(Bench.states(bench.run("words"))).isEqualTo("a=ran b=ran c=cached");
  }

  @Test
  void planTellsWhatBecomesOfIt() {
    apply(COMPONENT, SCRIPT, PIPELINE);
    assertThat(
            bench.definitions.plan(
                Bench.files(FILE, COMPONENT, "components/repeat/repeat.sh", SCRIPT + "#\n")))
        .contains(new Change("component", "repeat", Change.Action.UPDATE, "2 files"));
    assertThat(bench.definitions.plan(Bench.files()))
        .contains(
            new Change(
                "component", "repeat", Change.Action.DELETE, "its file " + FILE + " is gone"));
  }

  @Test
  void allComponentsAreTold() {
    apply(COMPONENT, SCRIPT, PIPELINE);
    var repeat = bench.pipelines.component("repeat", null);
    assertThat(bench.pipelines.component("./components/repeat", "test")).isEqualTo(repeat);
    assertThat(repeat.version()).isEqualTo("1.2");
    assertThat(repeat.inputs())
        .extracting(i -> i.name() + " " + i.type() + " " + i.required() + " " + i.takes())
        .containsExactly(
            "word text true one of mill, race",
            "times integer false 1 to 9",
            "before File false null");
    assertThat(repeat.outputs())
        .extracting(o -> o.name() + " " + o.type())
        .containsExactly("lines File", "count integer");
    assertThat(bench.pipelines.component("core/value", null).project()).isNull();
    assertThat(bench.pipelines.components())
        .extracting(ComponentSummary::name)
        .contains("core/noop", "./components/repeat");
    assertThatThrownBy(() -> bench.pipelines.component("core/vlaue", null))
        .isInstanceOf(NotFound.class)
        .hasMessage("no component \"core/vlaue\"; did you mean \"core/value\"?");
    assertThatThrownBy(() -> bench.pipelines.component("repaet", null))
        .hasMessage("no component \"repaet\"; did you mean \"repeat\"?");
  }

  @Test
  void mistakesOfAStepAreTold() {
    refused(
        COMPONENT,
        PIPELINE.replace("./components/repeat, with: { word: mill }", "./components/repaet"),
        "pipelines/words.yaml:3:14: the project has no component \"./components/repaet\"; did you mean \"./components/repeat\"?");
    refused(
        COMPONENT,
        PIPELINE.replace("word: mill", "wrod: mill, word: mill"),
        "pipelines/words.yaml:3:43: ./components/repeat has no input \"wrod\"; did you mean \"word\"?");
    refused(
        COMPONENT,
        PIPELINE.replace("times: 3", "times: 10"),
        "pipelines/words.yaml:4:6: step b: input \"times\": got 10, expected 1 to 9");
    refused(
        COMPONENT,
        PIPELINE.replace("word: mill", "word: wheel"),
        "pipelines/words.yaml:3:6: step a: input \"word\": got \"wheel\", expected one of mill, race");
    refused(
        COMPONENT,
        PIPELINE.replace("outputs.lines", "outputs.count"),
        "pipelines/words.yaml:4:73: input \"before\": got INTEGER of steps.a.outputs.count, expected a file of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
  }

  @Test
  void mistakesOfItsFileAreTold() {
    refused(
        COMPONENT.replace("meaning: Writes", "meanning: Writes"),
        PIPELINE,
        FILE + ":3:1: unknown key \"meanning\"; did you mean \"meaning\"?");
    refused(
        COMPONENT.replace("name: repeat", "name: repaet"),
        PIPELINE,
        FILE + ":1:7: component name \"repaet\": expected \"repeat\", the name of its folder");
    refused(
        COMPONENT.replace("\"1.2\"", "1.2"),
        PIPELINE,
        FILE + ":2:10: expected text, got the number 1.2; put it in quotes to make it text");
    refused(
        COMPONENT.replace("default: 2", "default: 12"),
        PIPELINE,
        FILE + ":6:36: default of input \"times\": got 12, expected 1 to 9");
    refused(
        COMPONENT.replace("type: File, required", "type: Flie, required"),
        PIPELINE,
        FILE + ":7:19: type \"Flie\"; did you mean \"File\"?");
    refused(
        COMPONENT + "files: [repeat.py]\n",
        PIPELINE,
        FILE
            + ":13:9: files: the project has no file \"components/repeat/repeat.py\"; did you mean \"components/repeat/repeat.sh\"?");
  }

  private void refused(String component, String pipeline, String message) {
    var files =
        Bench.files(
            FILE,
            component,
            "components/repeat/repeat.sh",
            SCRIPT,
            "pipelines/words.yaml",
            pipeline);
    assertThatThrownBy(() -> bench.definitions.plan(files))
        .isInstanceOf(Failure.class)
        .hasMessage(message);
  }
}
