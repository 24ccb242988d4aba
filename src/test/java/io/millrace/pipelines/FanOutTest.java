package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.metadata.Direction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that are done once for each combination of a matrix, or each element of a list. */
class FanOutTest {
  private static final String MATRIX =
      """
      name: grid
      steps:
        a:
          uses: core/value
          strategy: { matrix: { depth: [3, 4], eta: [0.1, 0.3] } }
          with: { value: { depth: "${{ matrix.depth }}", eta: "${{ matrix.eta }}" } }
        third: { uses: core/value, with: { value: "${{ steps.a.outputs.value[2].depth }}" } }
        all: { uses: core/value, with: { value: "${{ [steps.a.outputs.value[0].eta, steps.a.outputs.value[3].eta] }}" } }
      """;

  private static final String FLAKY =
      """
      name: flaky
      params: { words: { type: text, default: "a b c" } }
      steps:
        words: { uses: core/value, with: { value: [x, y, z] } }
        each:
          uses: test/flaky
          strategy: { for-each: "${{ steps.words.outputs.value }}", max-parallel: 1, fail-fast: FAST }
          with: { text: "${{ each.item }}" }
        last: { uses: test/mix, with: { first: "${{ steps.each.outputs.report[0] }}" } }
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

  private String value(PipelineRun run, String step) {
    return run.step(step).outputs().path("value").toString();
  }

  private String states(PipelineRun run, String step) {
    return String.join(
        " ",
        bench.pipelines.instances(run.id(), step, null, -1, 1000).stream()
            .map(one -> one.state().text())
            .toList());
  }

  @Test
  void aMatrixIsDoneForEachCombination() {
    bench.apply("pipelines/p.yaml", MATRIX);
    var run = bench.run("grid");
    assertThat(run.error()).isNull();
    assertThat(value(run, "a"))
        .isEqualTo(
            "[{\"depth\":3,\"eta\":0.1},{\"depth\":3,\"eta\":0.3},{\"depth\":4,\"eta\":0.1},{\"depth\":4,\"eta\":0.3}]");
    assertThat(value(run, "third")).isEqualTo("4");
    assertThat(value(run, "all")).isEqualTo("[0.1,0.3]");
    assertThat(run.step("a").instances().text()).isEqualTo("4 instances: 4 ran");
    var one = bench.pipelines.step(run.id(), "a[1]");
    assertThat(one.given()).hasToString("{\"matrix\":{\"depth\":3,\"eta\":0.3}}");
    assertThat(one.attempts()).hasSize(1);
    assertThat(run.steps()).hasSize(3);
    assertThat(Bench.states(bench.run("grid"))).isEqualTo("a=cached third=cached all=cached");
  }

  @Test
  void combinationsAreAddedAndLeftOut() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: grid
        steps:
          a:
            uses: core/value
            strategy:
              matrix: { d: [1, 2], e: [x, y], exclude: [{ d: 1, e: y }], include: [{ d: 9, e: z }] }
            with: { value: "${{ matrix.d }}${{ matrix.e }}" }
        """);
    assertThat(value(bench.run("grid"), "a")).isEqualTo("[\"1x\",\"2x\",\"2y\",\"9z\"]");
  }

  @Test
  void oneMoreValueRunsOnlyItsOwnInstances() {
    bench.apply("pipelines/p.yaml", MATRIX);
    bench.run("grid");
    bench.apply("pipelines/p.yaml", MATRIX.replace("[3, 4]", "[3, 4, 5]"));
    var run = bench.run("grid");
    assertThat(states(run, "a")).isEqualTo("cached cached cached cached ran ran");
    assertThat(Bench.states(run)).isEqualTo("a=ran third=cached all=cached");
  }

  @Test
  void aListMayBeKnownOnlyWhenItRunsAndMayBeEmpty() {
    var text =
        """
        name: list
        steps:
          words: { uses: core/value, with: { value: [x, y] } }
          each:
            uses: core/value
            strategy: { for-each: "${{ steps.words.outputs.value }}" }
            with: { value: "${{ each.index }}: ${{ each.item }}" }
          makes:
            uses: test/make
            strategy: { for-each: "${{ steps.words.outputs.value }}" }
            with: { text: "${{ each.item }}" }
          count: { uses: core/value, with: { value: "${{ size(steps.each.outputs.value) }}" } }
        """;
    bench.apply("pipelines/p.yaml", text);
    var run = bench.run("list");
    assertThat(value(run, "each")).isEqualTo("[\"0: x\",\"1: y\"]");
    assertThat(value(run, "count")).isEqualTo("2");
    bench.apply("pipelines/p.yaml", text.replace("[x, y]", "[]"));
    var empty = bench.run("list");
    assertThat(empty.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(value(empty, "each")).isEqualTo("[]");
    assertThat(value(empty, "count")).isEqualTo("0");
    var report = new Digest(empty.step("makes").outputs().path("report").path("digest").asText());
    assertThat(bench.artifacts.manifest(report).entries()).isEmpty();
  }

  @Test
  void artifactsAreGatheredInAFolderAndPickedOneByOne() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: gather
        steps:
          make:
            uses: test/make
            strategy: { matrix: { text: [alpha, beta, gamma] } }
            with: { text: "${{ matrix.text }}" }
          beta: { uses: test/mix, with: { first: "${{ steps.make.outputs.report[1] }}" } }
          each:
            uses: test/mix
            strategy: { for-each: [k, l, m] }
            with: { first: "${{ steps.make.outputs.report[each.index] }}", salt: "${{ each.item }}" }
          all:
            run: 'for f in 0 1 2; do cat "$MILLRACE_INPUT_REPORTS/$f"; echo; done > "$MILLRACE_OUTPUTS/text"'
            with: { reports: "${{ steps.make.outputs.report }}" }
            outputs: { text: File }
        """);
    var run = bench.run("gather");
    assertThat(run.error()).isNull();
    var folder = run.step("make").outputs().path("report");
    assertThat(folder.path("type").asText()).isEqualTo("FOLDER");
    var manifest = bench.artifacts.manifest(new Digest(folder.path("digest").asText()));
    assertThat(manifest.entries().keySet()).containsExactly("0", "1", "2");
    var text = new Digest(run.step("all").outputs().path("text").path("digest").asText());
    assertThat(
            new String(bench.artifacts.bytes(text, 100), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("alpha\nbeta\ngamma\n");
    var picked = bench.pipelines.step(run.id(), "make[1]").outputs().path("report").path("digest");
    assertThat(run.step("beta").keyParts().path("artifacts").path("first").path("digest"))
        .isEqualTo(picked);
    var second = bench.pipelines.step(run.id(), "each[1]");
    assertThat(second.keyParts().path("artifacts").path("first").path("digest")).isEqualTo(picked);
    var made = bench.database.read(s -> bench.metadata.find(s, text)).getFirst();
    var above =
        bench.metadata.lineage(made.id().toString(), Direction.UP, 10).artifacts().stream()
            .map(a -> a.name())
            .toList();
    assertThat(above)
        .contains(
            "gather.make.report",
            "gather.make[0].report",
            "gather.make[1].report",
            "gather.make[2].report");
  }

  @Test
  void aConditionIsJudgedForEachInstance() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: some
        steps:
          a:
            if: "${{ matrix.n > 1 }}"
            uses: core/value
            strategy: { matrix: { n: [1, 2, 3] } }
            with: { value: "${{ matrix.n }}" }
          none:
            if: "${{ matrix.n > 9 }}"
            uses: core/value
            strategy: { matrix: { n: [1, 2] } }
            with: { value: "${{ matrix.n }}" }
          below: { uses: core/noop, needs: none }
        """);
    var run = bench.run("some");
    assertThat(Bench.states(run)).isEqualTo("a=ran none=skipped below=skipped");
    assertThat(value(run, "a")).isEqualTo("[null,2,3]");
    assertThat(states(run, "a")).isEqualTo("skipped ran ran");
  }

  @Test
  void oneThatFailsStopsTheOthersAndAResumedRunDoesOnlyTheRest() {
    bench.apply("pipelines/p.yaml", FLAKY.replace("FAST", "true"));
    bench.fail("each[1]", new InvalidInput("no"));
    var run = bench.run("flaky");
    assertThat(states(run, "each")).isEqualTo("ran failed cancelled");
    assertThat(Bench.states(run)).isEqualTo("words=ran each=failed last=skipped");
    assertThat(run.error()).isEqualTo("step each: instance each[1] of 3: no");
    bench.pipelines.resume(run.id(), null, false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(states(ended, "each")).isEqualTo("ran ran ran");
    assertThat(bench.worked).containsExactly("each[0]", "each[1]", "each[1]", "each[2]", "last");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "each[1]"))).isEqualTo("failed ran");
    assertThat(bench.pipelines.log(run.id(), "each[1]", 2)).contains("tried");
  }

  @Test
  void withoutFailFastTheOthersEnd() {
    bench.apply("pipelines/p.yaml", FLAKY.replace("FAST", "false"));
    bench.fail("each[0]", new InvalidInput("no"));
    bench.fail("each[1]", new InvalidInput("nor this"));
    var run = bench.run("flaky");
    assertThat(states(run, "each")).isEqualTo("failed failed ran");
    assertThat(run.error()).isEqualTo("step each: 2 of 3 instances failed; the first, each[0]: no");
    assertThat(
            bench.pipelines.instances(run.id(), "each", StepState.FAILED, 0, 9).stream()
                .map(StepRun::name))
        .containsExactly("each[1]");
  }

  @Test
  void fromOneInstanceItAndAllBelowAreDoneAgain() {
    bench.apply("pipelines/p.yaml", FLAKY.replace("FAST", "true"));
    var run = bench.run("flaky");
    bench.worked.clear();
    bench.pipelines.resume(run.id(), "each[1]", false);
    bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(bench.worked).containsExactly("each[1]", "last");
    bench.worked.clear();
    bench.pipelines.resume(run.id(), "each", false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(bench.worked).containsExactly("each[0]", "each[1]", "each[2]", "last");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "each[1]"))).isEqualTo("ran ran ran");
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThatThrownBy(() -> bench.pipelines.resume(run.id(), "each[7]", false))
        .isInstanceOf(NotFound.class);
  }

  @Test
  void anEditedListHasOtherInstances() {
    bench.apply("pipelines/p.yaml", FLAKY.replace("FAST", "false"));
    bench.fail("each[2]", new InvalidInput("no"));
    var run = bench.run("flaky");
    bench.apply("pipelines/p.yaml", FLAKY.replace("FAST", "false").replace("[x, y, z]", "[x, y]"));
    bench.pipelines.resume(run.id(), null, true);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(states(ended, "each")).isEqualTo("cached cached");
  }

  private static final String HOLD =
      """
      name: hold
      steps:
        each:
          uses: test/hold
          cache: false
          strategy: { for-each: [1, 2, 3], max-parallel: 1 }
        last: { uses: core/noop, needs: each }
      """;

  @Test
  void afterACrashTheInstancesGoOnFromTheirRows() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("hold");
    bench.held.await();
    var before = bench.pipelines;
    bench.reopen();
    bench.release.countDown();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    before.close();
    assertThat(Bench.states(ended)).isEqualTo("each=ran last=ran");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "each[0]")))
        .isEqualTo("interrupted ran");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "each[2]"))).isEqualTo("ran");
  }

  @Test
  void aCleanStopLeavesTheRestToTheNextEngine() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("hold");
    bench.held.await();
    bench.pipelines.close();
    assertThat(Bench.states(bench.pipelines.run(run.id()))).isEqualTo("each=waiting last=waiting");
    bench.release.countDown();
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("each=ran last=ran");
    assertThat(ended.step("each").instances().text()).isEqualTo("3 instances: 3 ran");
  }

  @Test
  void aCancelledRunCancelsItsInstancesAndAPausedOneHoldsThem() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("hold");
    bench.held.await();
    bench.pipelines.pause(run.id());
    bench.release.countDown();
    var deadline = System.nanoTime() + Bench.LONG.toNanos();
    while (bench.pipelines.step(run.id(), "each[0]").state() != StepState.RAN) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      bench.pipelines.events(run.id(), 0, Duration.ofMillis(50));
    }
    assertThat(bench.pipelines.step(run.id(), "each[1]").state()).isEqualTo(StepState.WAITING);
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(Bench.states(ended)).isEqualTo("each=cancelled last=cancelled");
    assertThat(states(ended, "each")).isEqualTo("ran cancelled cancelled");
  }

  @Test
  void instancesAreExplainedComparedAndDoneAgain() throws Exception {
    bench.apply("pipelines/p.yaml", MATRIX);
    var first = bench.run("grid");
    bench.apply("pipelines/p.yaml", MATRIX.replace("[0.1, 0.3]", "[0.1, 0.5]"));
    var second = bench.run("grid");
    var explanations = new Explanations(bench.pipelines);
    assertThat(explanations.explain(second.id()).getFirst().reason())
        .isEqualTo("4 instances: 2 ran, 2 cached");
    assertThat(explanations.explain(second.id(), "a[0]").cache())
        .isEqualTo(StepExplanation.Cache.HIT);
    assertThat(explanations.explain(second.id(), "a[1]").reason()).contains("0.3").contains("0.5");
    assertThat(explanations.diff(first.id(), second.id()).differences().stream().map(e -> e.step()))
        .contains("a", "a[1]", "a[3]")
        .doesNotContain("a[0]");
    var again = new Reproductions(bench.pipelines).reproduce(second.id(), "all");
    assertThat(again.steps().stream().map(s -> s.step() + " " + s.likeness()))
        .containsExactly("a[0] BIT_EQUAL", "a[1] BIT_EQUAL", "a[2] BIT_EQUAL", "a[3] BIT_EQUAL");
  }

  @Test
  void aPlanTellsOfTheInstances() {
    bench.apply("pipelines/p.yaml", MATRIX);
    bench.run("grid");
    var plans = new Plans(bench.pipelines, (_, _) -> java.util.Map.of(), (_, _) -> List.of());
    var same = plans.plan(Bench.files("pipelines/p.yaml", MATRIX)).getFirst().steps();
    assertThat(same.stream().map(StepPlan::verdict)).containsOnly(Verdict.UNAFFECTED);
    var more =
        plans
            .plan(Bench.files("pipelines/p.yaml", MATRIX.replace("[3, 4]", "[3, 4, 5]")))
            .getFirst()
            .steps();
    assertThat(more.getFirst().verdict()).isEqualTo(Verdict.MUST_RUN);
    assertThat(more.getFirst().because()).contains("of 6 instances: 2 must run, 4 unaffected");
  }

  @Test
  void tenThousandInstancesFit() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: many
        steps:
          a:
            uses: core/value
            strategy:
              matrix: { x: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], y: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], z: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], w: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }
            with: { value: ["${{ matrix.x }}", "${{ matrix.y }}", "${{ matrix.z }}", "${{ matrix.w }}"] }
          n: { uses: core/value, with: { value: "${{ size(steps.a.outputs.value) }}" } }
        """);
    var started = bench.start("many");
    var run = bench.pipelines.await(started.id(), Duration.ofMinutes(4));
    assertThat(run.error()).isNull();
    assertThat(value(run, "n")).isEqualTo("10000");
    assertThat(run.step("a").instances().text()).isEqualTo("10,000 instances: 10,000 ran");
    assertThat(bench.pipelines.events(run.id(), 0).events()).hasSizeLessThan(150);
    assertThat(bench.pipelines.instances(run.id(), "a", null, 9_990, 100)).hasSize(9);
  }
}
