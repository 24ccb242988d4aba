package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Failure;
import io.millrace.definitions.Change;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A step uses another pipeline of the project, whose steps become steps of the one run. */
class SubPipelineTest {
  private static final String MAIN =
      """
      name: main
      params:
        word: { type: text, default: alpha }
        on:   { type: boolean, default: true }
      steps:
        first:   { uses: test/make, with: { text: first } }
        prepare: { uses: ./pipelines/prepare.yaml, with: { data: "${{ steps.first.outputs.report }}", word: "${{ params.word }}" } }
        last:    { uses: test/mix, with: { first: "${{ steps.prepare.outputs.data }}", salt: "got ${{ steps.prepare.outputs.words }}" } }
      """;

  private static final String PREPARE =
      """
      name: prepare
      params:
        word:   { type: text }
        suffix: { type: text, default: "!" }
      inputs:
        data: Report
      outputs:
        data:  "${{ steps.clean.outputs.report }}"
        words: "${{ steps.say.outputs.value + params.suffix }}"
      steps:
        say:   { uses: core/value, with: { value: "${{ params.word + '-' + params.word }}" } }
        clean: { uses: test/mix, with: { first: "${{ inputs.data }}", salt: "${{ steps.say.outputs.value }}" } }
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

  private void apply(String main, String prepare) {
    bench.apply("pipelines/main.yaml", main, "pipelines/prepare.yaml", prepare);
  }

  private void refused(String main, String prepare, String message) {
    var files = Bench.files("pipelines/main.yaml", main, "pipelines/prepare.yaml", prepare);
    assertThatThrownBy(() -> bench.definitions.apply(files))
        .isInstanceOf(Failure.class)
        .hasMessage(message);
    assertThatThrownBy(() -> bench.definitions.plan(files)).hasMessage(message);
  }

  @Test
  void itsStepsAreStepsOfTheRun() {
    apply(MAIN, PREPARE);
    var run = bench.run("main");
    assertThat(Bench.states(run)).isEqualTo("first=ran prepare/say=ran prepare/clean=ran last=ran");
    assertThat(run.step("prepare/say").outputs()).hasToString("{\"value\":\"alpha-alpha\"}");
    assertThat(bench.pipelines.log(run.id(), "prepare/clean")).isNotNull();
    assertThat(Bench.states(bench.run("main")))
        .isEqualTo("first=cached prepare/say=cached prepare/clean=cached last=cached");
    assertThat(Bench.states(bench.run("main", "word", "beta")))
        .isEqualTo("first=cached prepare/say=ran prepare/clean=ran last=ran");
  }

  @Test
  void theSameWorkIsSharedWithWhoeverElseDoesIt() {
    apply(MAIN, PREPARE);
    bench.run("main");
    apply(
        MAIN.replace("name: main", "name: other")
            .replace("prepare:", "again:   ")
            .replace("steps.prepare", "steps.again"),
        PREPARE);
    assertThat(Bench.states(bench.run("other")))
        .isEqualTo("first=cached again/say=cached again/clean=cached last=cached");
  }

  @Test
  void theSummaryNamesWhatItTakesGivesAndUses() {
    apply(MAIN, PREPARE);
    var main = bench.pipelines.pipeline("main");
    assertThat(main.used()).containsExactly("pipelines/prepare.yaml");
    assertThat(main.steps().stream().map(PipelineSummary.StepSummary::name))
        .containsExactly("first", "prepare/say", "prepare/clean", "last");
    var prepare = bench.pipelines.pipeline("prepare");
    assertThat(prepare.inputs()).hasToString("{data=Report}");
    assertThat(prepare.outputs()).containsExactly("data", "words");
    assertThatThrownBy(() -> bench.run("prepare", "word", "x"))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "pipeline prepare cannot run by itself: it has the inputs data; use it in a step of another, as  uses: ./pipelines/prepare.yaml");
  }

  @Test
  void aConditionAndNeedsOfTheUseAreThoseOfAllItsSteps() {
    var main =
        MAIN.replace(
            "uses: ./pipelines/prepare.yaml,",
            "uses: ./pipelines/prepare.yaml, needs: first, if: \"${{ params.on }}\",");
    apply(main, PREPARE.replace("say:   {", "say:   { if: \"${{ params.word != 'beta' }}\","));
    assertThat(Bench.states(bench.run("main")))
        .isEqualTo("first=ran prepare/say=ran prepare/clean=ran last=ran");
    assertThat(Bench.states(bench.run("main", "on", "false")))
        .isEqualTo("first=cached prepare/say=skipped prepare/clean=skipped last=skipped");
    assertThat(Bench.states(bench.run("main", "word", "beta")))
        .isEqualTo("first=cached prepare/say=skipped prepare/clean=skipped last=skipped");
    assertThat(bench.pipelines.pipeline("main").steps().get(1).needs()).containsExactly("first");
  }

  @Test
  void aStepThatNeedsTheUseNeedsAllItsSteps() {
    apply(MAIN + "  after:   { uses: core/noop, needs: prepare }\n", PREPARE);
    assertThat(bench.pipelines.pipeline("main").steps().getLast().needs())
        .containsExactly("prepare/say", "prepare/clean");
  }

  @Test
  void pipelinesAreUsedInEachOtherAndMoreThanOnce() {
    bench.apply(
        "pipelines/main.yaml",
        MAIN.replace("./pipelines/prepare.yaml", "./pipelines/outer.yaml"),
        "pipelines/outer.yaml",
        """
        name: outer
        params: { word: { type: text } }
        inputs: { data: Report }
        outputs: { data: "${{ steps.two.outputs.data }}", words: "${{ steps.two.outputs.words }}" }
        steps:
          two: { uses: ./pipelines/prepare.yaml, with: { data: "${{ steps.one.outputs.data }}", word: "${{ steps.one.outputs.words }}" } }
          one: { uses: ./pipelines/prepare.yaml, with: { data: "${{ inputs.data }}", word: "<${{ params.word }}>", suffix: "?" } }
        """,
        "pipelines/prepare.yaml",
        PREPARE);
    var run = bench.run("main");
    assertThat(Bench.states(run))
        .isEqualTo(
            "first=ran prepare/two/say=ran prepare/two/clean=ran prepare/one/say=ran prepare/one/clean=ran last=ran");
    assertThat(run.step("prepare/two/say").outputs())
        .hasToString("{\"value\":\"<alpha>-<alpha>?-<alpha>-<alpha>?\"}");
  }

  @Test
  void instancesInsideCanBePickedOutside() {
    apply(
        """
        name: main
        steps:
          many: { uses: ./pipelines/prepare.yaml, with: { word: x } }
          one:  { uses: test/mix, with: { first: "${{ steps.many.outputs.reports[1] }}" } }
        """,
        """
        name: prepare
        params: { word: { type: text } }
        outputs: { reports: "${{ steps.each.outputs.report }}" }
        steps:
          each: { uses: test/make, strategy: { matrix: { n: [1, 2], word: ["${{ params.word }}", y] } }, with: { text: "${{ matrix.word }}", letters: "${{ matrix.n }}" } }
        """);
    var run = bench.run("main");
    assertThat(Bench.states(run)).isEqualTo("many/each=ran one=ran");
    assertThat(bench.pipelines.instances(run.id(), "many/each", null, -1, 10)).hasSize(4);
    assertThat(Bench.states(bench.run("prepare", "word", "x"))).isEqualTo("each=cached");
  }

  @Test
  void aRunKeepsTheFilesThatItBeganWith() {
    var flaky =
        PREPARE.replace(
            "uses: test/mix, with: { first: \"${{ inputs.data }}\", salt: \"${{ steps.say.outputs.value }}\" }",
            "uses: test/flaky, with: { after: \"${{ inputs.data }}\" }");
    apply(MAIN, flaky);
    bench.fail("prepare/clean", new io.millrace.base.InvalidInput("no"));
    var run = bench.run("main", "word", "beta");
    assertThat(Bench.states(run))
        .isEqualTo("first=ran prepare/say=ran prepare/clean=failed last=skipped");
    apply(
        MAIN,
        flaky
            .replace(
                "suffix: { type: text, default: \"!\" }", "suffix: { type: text, default: \"?\" }")
            .replace("clean: {", "wash:  {")
            .replace("steps.clean", "steps.wash"));
    bench.pipelines.resume(run.id(), null, false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended))
        .isEqualTo("first=ran prepare/say=ran prepare/clean=ran last=ran");
    bench.pipelines.resume(run.id(), null, true);
    assertThat(Bench.states(bench.pipelines.await(run.id(), Bench.LONG)))
        .isEqualTo("first=ran prepare/say=ran prepare/wash=cached last=ran");
  }

  @Test
  void anEditOfTheUseChangesOnlyTheStepsThatReadIt() {
    apply(MAIN, PREPARE);
    var run = bench.run("main");
    int before = bench.worked.size();
    apply(
        MAIN.replace("word: \"${{ params.word }}\"", "word: \"${{ params.word }}\", suffix: \"?\""),
        PREPARE);
    bench.pipelines.resume(run.id(), null, true);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.worked).hasSize(before + 1);
    assertThat(Bench.attempts(ended.step("prepare/clean"))).isEqualTo("ran");
    assertThat(Bench.attempts(ended.step("last"))).isEqualTo("ran ran");
  }

  @Test
  void aPlanFollowsAChangeOfTheUsedFile() {
    apply(MAIN, PREPARE);
    bench.run("main");
    var files =
        Bench.files(
            "pipelines/main.yaml",
            MAIN,
            "pipelines/prepare.yaml",
            PREPARE.replace("default: \"!\"", "default: \"?\""));
    var changes = new ArrayList<String>();
    for (var change : bench.definitions.plan(files))
      if (change.action() != Change.Action.UNCHANGED)
        changes.add(change.name() + ": " + change.detail());
    assertThat(changes)
        .containsExactly(
            "test: changed: pipelines/prepare.yaml",
            "main: 4 steps; it uses pipelines/prepare.yaml, which changes",
            "prepare: 2 steps");
    var steps =
        new Plans(bench.pipelines, (_, _) -> Map.of(), (_, _) -> List.of())
            .plan(files)
            .getFirst()
            .steps();
    assertThat(steps.stream().map(s -> s.step() + "=" + s.verdict()))
        .containsExactly(
            "first=UNAFFECTED",
            "prepare/say=UNAFFECTED",
            "prepare/clean=UNAFFECTED",
            "last=MUST_RUN");
  }

  @Test
  void aServerThatStopsGoesOnInTheUsedPipeline() {
    apply(
        "name: main\nsteps:\n  long: { uses: ./pipelines/prepare.yaml }\n  end: { uses: core/noop, needs: long }\n",
        "name: prepare\nsteps:\n  hold: { uses: test/hold }\n");
    var run = bench.start("main");
    bench.await(run.id(), "long/hold", StepState.RUNNING);
    bench.reopen();
    bench.release.countDown();
    assertThat(Bench.states(bench.pipelines.await(run.id(), Bench.LONG)))
        .isEqualTo("long/hold=ran end=ran");
  }

  @Test
  void circlesAreToldWithTheirPath() {
    refused(
        "name: main\nsteps:\n  a: { uses: ./pipelines/prepare.yaml }\n",
        "name: prepare\nsteps:\n  b: { uses: ./pipelines/main.yaml }\n",
        "pipelines/prepare.yaml:3:14: the pipelines use each other in a circle: pipelines/main.yaml uses pipelines/prepare.yaml uses pipelines/main.yaml; remove one of these uses (used at pipelines/main.yaml:3:14)");
    refused(
        """
        name: main
        steps:
          a: { uses: ./pipelines/prepare.yaml, with: { word: "${{ steps.b.outputs.it }}" } }
          b: { uses: ./pipelines/prepare.yaml, with: { word: "${{ steps.a.outputs.it }}" } }
        """,
        "name: prepare\nparams: { word: { type: text } }\noutputs: { it: \"${{ params.word }}\" }\nsteps:\n  b: { uses: core/noop }\n",
        "pipelines/main.yaml:3:54: steps.b.outputs.it is made from itself, through the pipelines that are used here; remove one of these references");
    refused(
        """
        name: main
        steps:
          a: { uses: ./pipelines/prepare.yaml, with: { word: "${{ steps.b.outputs.it }}" } }
          b: { uses: ./pipelines/prepare.yaml, with: { word: "${{ steps.a.outputs.it }}" } }
        """,
        "name: prepare\nparams: { word: { type: text } }\noutputs: { it: \"${{ steps.b.outputs.value }}\" }\nsteps:\n  b: { uses: core/value, with: { value: \"${{ params.word }}\" } }\n",
        "pipelines/prepare.yaml:3:16: the steps need each other in a circle: a/b needs b/b needs a/b; remove one of these references (used at pipelines/main.yaml:3:14, pipelines/main.yaml:4:14)");
  }

  @Test
  void whatIsWrongWithAUseIsToldWhereItStands() {
    refused(
        MAIN.replace("./pipelines/prepare.yaml", "./pipelines/prepare"),
        PREPARE,
        "pipelines/main.yaml:7:20: the project has no pipeline \"./pipelines/prepare\"; did you mean \"./pipelines/prepare.yaml\"?");
    refused(
        MAIN.replace("word: \"${{ params.word", "wort: \"${{ params.word"),
        PREPARE,
        "pipelines/main.yaml:7:97: pipelines/prepare.yaml takes no \"wort\"; did you mean \"word\"?");
    refused(
        MAIN.replace(", word: \"${{ params.word }}\"", ""),
        PREPARE,
        "pipelines/main.yaml:7:12: step prepare: pipelines/prepare.yaml needs the parameter \"word\" (text); add  with: { word: ... }");
    refused(
        MAIN.replace("word: \"${{ params.word }}\"", "word: 5"),
        PREPARE,
        "pipelines/main.yaml:7:103: input \"word\": got 5, expected text");
    refused(
        MAIN.replace("\"${{ steps.first.outputs.report }}\"", "text"),
        PREPARE,
        "pipelines/main.yaml:7:60: input \"data\": expected a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
    refused(
        MAIN.replace("prepare.outputs.words", "prepare.outputs.word"),
        PREPARE,
        "pipelines/main.yaml:8:88: step prepare (pipelines/prepare.yaml) has no output \"word\"; did you mean \"words\"?");
    refused(
        MAIN.replace(
            "uses: ./pipelines/prepare.yaml,",
            "uses: ./pipelines/prepare.yaml, retry: { attempts: 2 },"),
        PREPARE,
        "pipelines/main.yaml:7:46: \"retry\" is for a step that does work, and this one uses a pipeline; say it in pipelines/prepare.yaml, of its steps or under its defaults");
  }

  @Test
  void whatIsWrongInsideIsToldWithThePlaceThatUsesIt() {
    refused(
        MAIN,
        PREPARE.replace("params.suffix", "params.sufix"),
        "pipelines/prepare.yaml:9:10: the pipeline has no parameter \"sufix\"; did you mean \"suffix\"? (used at pipelines/main.yaml:7:20)");
    refused(
        MAIN,
        PREPARE.replace("uses: core/value", "uses: core/valu"),
        "pipelines/prepare.yaml:11:18: there is no component \"core/valu\"; did you mean \"core/value\"? (used at pipelines/main.yaml:7:20)");
    refused(
        MAIN,
        PREPARE.replace("data: Report", "data: Dataset"),
        "pipelines/main.yaml:7:60: input \"data\": got REPORT of steps.first.outputs.report, expected data of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
  }

  @Test
  void whatIsWrongInAPipelineForOthersIsToldWithoutAUse() {
    var files =
        List.of(
            PREPARE.replace("data: Report", "data: text"),
            PREPARE.replace("data: Report", "word: Report"),
            PREPARE
                .replace("word:   { type: text }", "word: { type: text, default: a }")
                .replace("steps:\n", "on: { schedule: [{ cron: \"0 6 * * 1\" }] }\nsteps:\n"),
            PREPARE.replace("\"${{ inputs.data }}\"", "\"${{ inputs.date }}\""),
            PREPARE.replace("value: \"${{ params.word", "value: \"${{ inputs.data"),
            PREPARE.replace("data:  \"${{ steps.clean", "data:  \"${{ steps.clear"),
            PREPARE.replace("\"${{ steps.clean.outputs.report }}\"", "clean"));
    var told = new ArrayList<String>();
    for (var file : files)
      assertThatThrownBy(() -> bench.apply("pipelines/prepare.yaml", file))
          .isInstanceOf(Failure.class)
          .satisfies(e -> told.add(String.valueOf(e.getMessage())));
    assertThat(told)
        .containsExactly(
            "pipelines/prepare.yaml:6:9: input \"data\": got the type text, expected one of artifacts, such as Dataset or Model; a plain value is a parameter: move it to params",
            "pipelines/prepare.yaml:6:3: \"word\" is a parameter too; rename one of them",
            "pipelines/prepare.yaml:10:1: a pipeline with inputs is not run by itself, only by steps that use it; remove \"on\" or the inputs",
            "pipelines/prepare.yaml:12:43: the pipeline has no input \"date\"; did you mean \"data\"?\npipelines/prepare.yaml:12:43: input \"first\": expected a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}",
            "pipelines/prepare.yaml:11:45: inputs.data is a REPORT; it can only be a whole input that takes one",
            "pipelines/prepare.yaml:8:10: the pipeline has no step \"clear\"; did you mean \"clean\"?",
            "pipelines/prepare.yaml:8:10: output \"data\": expected one expression, as \"${{ steps.STEP.outputs.OUTPUT }}\"");
  }

  @Test
  void manyStepsAreRefusedWhereTheyBecomeTooMany() {
    var many = new StringBuilder("name: prepare\nsteps:\n");
    for (int i = 0; i < 700; i++) many.append("  s%d: { uses: core/noop }\n".formatted(i));
    var main =
        "name: main\nsteps:\n  a: { uses: ./pipelines/prepare.yaml }\n  b: { uses: ./pipelines/prepare.yaml }\n  c: { uses: ./pipelines/prepare.yaml }\n";
    refused(
        main,
        many.toString(),
        "pipelines/prepare.yaml:603:9: more than 2000 steps with those of the pipelines that are used; a pipeline has at most 2000 (used at pipelines/main.yaml:5:14)");
  }
}
