package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import io.millrace.definitions.Change;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The messages are golden: the place, what is wrong, and the fix are what a user gets. */
class PipelineCheckTest {
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

  private void refused(String pipeline, String message) {
    var files = Bench.files("pipelines/p.yaml", pipeline, "queries/examples.sql", "select 1");
    assertThatThrownBy(() -> bench.definitions.apply(files))
        .isInstanceOf(Failure.class)
        .hasMessage(message);
    assertThatThrownBy(() -> bench.definitions.plan(files)).hasMessage(message);
    assertThat(bench.definitions.projects()).isEmpty();
  }

  private void refusedStep(String step, String message) {
    refused(
        "name: p\nparams: { n: { type: integer, default: 1 } }\nsteps:\n  a: { uses: test/make, with: { text: x } }\n  b: "
            + step
            + "\n",
        "pipelines/p.yaml:" + message);
  }

  @Test
  void anUnknownComponent() {
    refusedStep(
        "{ uses: test/mkae }",
        "5:14: there is no component \"test/mkae\"; did you mean \"test/make\"?");
  }

  @Test
  void expressionsWhoseValueIsKnown() {
    refusedStep("{ uses: core/noop, if: \"${{ 5 }}\" }", "5:29: if: got 5, expected true or false");
    refusedStep(
        "{ uses: test/make, with: { letters: \"${{ 'a' + 'b' }}\" } }",
        "5:42: input \"letters\": got \"ab\", expected a whole number");
  }

  @Test
  void inputs() {
    refusedStep(
        "{ uses: core/value, with: { valu: 1 } }",
        "5:34: core/value has no input \"valu\"; did you mean \"value\"?\npipelines/p.yaml:5:6: step b: core/value needs the input \"value\" (anything); add  with: { value: ... }  with a value");
    refusedStep(
        "{ uses: test/make, with: { letters: many } }",
        "5:42: input \"letters\": got \"many\", expected a whole number");
    refusedStep(
        "{ uses: test/make, with: { text: 5 } }", "5:39: input \"text\": got 5, expected text");
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ params.n }}\" } }",
        "5:39: input \"text\": got parameter n of type integer, expected text");
    refusedStep(
        "{ uses: test/make, with: { file: queries/example.sql } }",
        "5:39: input \"file\": the project has no file \"queries/example.sql\"; did you mean \"queries/examples.sql\"?");
    refusedStep(
        "{ uses: test/make, with: { text: } }",
        "5:33: input \"text\" has no value; give one or remove the line");
  }

  @Test
  void artifacts() {
    refusedStep(
        "{ uses: test/mix, with: { first: \"${{ steps.a.outputs.text }}\" } }",
        "5:39: input \"first\": got TEXT of steps.a.outputs.text, expected a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
    refusedStep(
        "{ uses: test/mix, with: { first: queries/examples.sql } }",
        "5:39: input \"first\": expected a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
    refusedStep(
        "{ uses: test/make, with: { text: \"on ${{ steps.a.outputs.report }}\" } }",
        "5:39: steps.a.outputs.report is a REPORT; it can only be a whole input that takes one");
  }

  @Test
  void references() {
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ steps.aa.outputs.text }}\" } }",
        "5:39: the pipeline has no step \"aa\"; did you mean \"a\"?");
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ steps.a.outputs.txt }}\" } }",
        "5:39: step a (test/make) has no output \"txt\"; did you mean \"text\"?");
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ params.m }}\" } }",
        "5:39: the pipeline has no parameter \"m\"; expected one of n");
    refusedStep(
        "{ uses: core/noop, needs: [c] }",
        "5:33: the pipeline has no step \"c\"; expected one of a, b");
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ steps.a }}\" } }",
        "5:39: expression \"steps.a\": expected steps.STEP.outputs.OUTPUT");
    refusedStep(
        "{ uses: test/make, with: { text: \"${{ params.n\" } }",
        "5:39: \"${{\" is not closed; expected ${{ EXPRESSION }}");
    refusedStep(
        "{ if: maybe, uses: core/noop }",
        "5:12: if: expected one expression, as \"${{ steps.gate.outputs.pass }}\", or true or false");
  }

  @Test
  void anExpressionThatDoesNotParse() {
    var files =
        Bench.files(
            "pipelines/p.yaml", "name: p\nsteps:\n  a: { if: \"${{ 1 + }}\", uses: core/noop }\n");
    assertThatThrownBy(() -> bench.definitions.plan(files))
        .hasMessageStartingWith("pipelines/p.yaml:3:12: expression \"1 +\": ");
  }

  @Test
  void aCycle() {
    refused(
        """
        name: p
        steps:
          a: { uses: test/mix, with: { first: "${{ steps.c.outputs.report }}" } }
          b: { uses: test/mix, with: { first: "${{ steps.a.outputs.report }}" } }
          c: { uses: test/mix, with: { first: "${{ steps.b.outputs.report }}" } }
        """,
        "pipelines/p.yaml:4:39: the steps need each other in a circle: a needs c needs b needs a; remove one of these references");
  }

  @Test
  void keys() {
    refused(
        "name: p\nsteps:\n  a: { use: core/noop }\n",
        "pipelines/p.yaml:3:8: unknown key \"use\"; did you mean \"uses\"?");
    refused(
        "name: p\nrunner: {}\nsteps:\n  a: { uses: core/noop }\n",
        "pipelines/p.yaml:2:1: \"runner\" is a known key but not supported yet; remove it");
    refused(
        "name: p\nsteps:\n  a: { uses: core/noop, concurrency: {} }\n",
        "pipelines/p.yaml:3:25: \"concurrency\" is a known key but not supported yet; remove it");
    refused(
        "name: p/q\nsteps:\n  a: { uses: core/noop }\n",
        "pipelines/p.yaml:1:7: pipeline name \"p/q\": expected 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
    refused(
        "name: p\nsteps:\n  a-b: { uses: core/noop }\n",
        "pipelines/p.yaml:3:3: step name \"a-b\": expected a-z 0-9 _, starting with a letter, at most 64 long");
    refused(
        "name: p\nsteps: {}\n",
        "pipelines/p.yaml:2:8: a pipeline has at least one step, such as  first: { uses: core/noop }");
    refused(
        "name: p\nparams: { d: { type: date, default: soon } }\nsteps:\n  a: { uses: core/noop }\n",
        "pipelines/p.yaml:2:37: default of parameter \"d\": got \"soon\", expected a date such as 2001-01-31");
    refused(
        "name: p\nparams: { d: { type: day } }\nsteps:\n  a: { uses: core/noop }\n",
        "pipelines/p.yaml:2:22: type \"day\": expected one of text, integer, number, boolean, date");
    refused(
        "name: p\nsteps:\n  a: { uses: core/noop, timeout-minutes: 0 }\n",
        "pipelines/p.yaml:3:42: timeout-minutes: got 0, expected more than 0 and at most 10080");
  }

  @Test
  void planSaysWhatApplyThenDoes() {
    var pipeline = "name: p\nsteps:\n  a: { uses: core/noop }\n";
    assertThat(bench.definitions.plan(Bench.files("pipelines/p.yaml", pipeline)))
        .containsExactly(
            new Change("project", "test", Change.Action.CREATE, "2 files"),
            new Change("pipeline", "p", Change.Action.CREATE, "1 steps"));
    bench.apply("pipelines/p.yaml", pipeline);
    assertThat(bench.definitions.plan(Bench.files("pipelines/p.yaml", pipeline)))
        .extracting(Change::action)
        .containsOnly(Change.Action.UNCHANGED);
    assertThat(bench.definitions.plan(Bench.files("pipelines/p.yaml", pipeline + "# more\n")))
        .extracting(Change::action)
        .containsOnly(Change.Action.UPDATE);
    bench.apply();
    assertThat(bench.pipelines.pipelines()).isEmpty();
  }
}
