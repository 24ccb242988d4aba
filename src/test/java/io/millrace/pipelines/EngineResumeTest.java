package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that failed, were cancelled or paused go on when they are told to. */
class EngineResumeTest {
  private static final String DIAMOND =
      """
      name: diamond
      params:
        salt: { type: text, default: a }
      steps:
        top:   { uses: test/make, with: { text: x } }
        left:  { uses: test/mix, with: { first: "${{ steps.top.outputs.report }}", salt: "${{ params.salt }}" } }
        right: { uses: test/flaky, with: { after: "${{ steps.top.outputs.report }}" } }
        last:  { uses: test/mix, with: { first: "${{ steps.left.outputs.report }}", second: "${{ steps.right.outputs.report }}" } }
      """;

  private static final String HOLD =
      """
      name: long
      steps:
        hold:  { uses: test/hold }
        below: { uses: test/make, needs: hold, with: { text: below } }
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

  private PipelineRun resumed(String run, String from, boolean edited) {
    bench.pipelines.resume(run, from, edited);
    return bench.pipelines.await(run, Bench.LONG);
  }

  @Test
  void aFailedRunGoesOnWithWhatFailedAndWasSkippedForIt() {
    bench.apply("pipelines/p.yaml", DIAMOND);
    bench.fail("right", new InvalidInput("no"));
    var failed = bench.run("diamond");
    assertThat(Bench.states(failed)).isEqualTo("top=ran left=ran right=failed last=skipped");
    var ended = resumed(failed.id(), null, false);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(ended.error()).isNull();
    assertThat(Bench.states(ended)).isEqualTo("top=ran left=ran right=ran last=ran");
    assertThat(Bench.attempts(ended.step("right"))).isEqualTo("failed ran");
    assertThat(Bench.attempts(ended.step("left"))).isEqualTo("ran");
    assertThat(bench.worked).hasSize(5);
    assertThatThrownBy(() -> bench.pipelines.resume(failed.id(), null, false))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "run %s has succeeded, there is nothing to resume; name a step to do it again from there"
                .formatted(failed.id()));
  }

  @Test
  void aStepWhoseConditionWasFalseStaysSkipped() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: gated
        steps:
          gate: { uses: test/gate, with: { pass: false } }
          no:   { if: "${{ steps.gate.outputs.pass }}", uses: core/noop }
          bad:  { uses: test/flaky }
        """);
    bench.fail("bad", new InvalidInput("no"));
    var run = bench.run("gated");
    var ended = resumed(run.id(), null, false);
    assertThat(Bench.states(ended)).isEqualTo("gate=ran no=skipped bad=ran");
    assertThat(ended.outcome()).isEqualTo("kept champion");
  }

  @Test
  void fromAStepItAndAllBelowAreDoneAgain() {
    bench.apply("pipelines/p.yaml", DIAMOND);
    var run = bench.run("diamond");
    var ended = resumed(run.id(), "left", false);
    assertThat(Bench.states(ended)).isEqualTo("top=ran left=ran right=ran last=ran");
    assertThat(Bench.attempts(ended.step("left"))).isEqualTo("ran ran");
    assertThat(Bench.attempts(ended.step("last"))).isEqualTo("ran ran");
    assertThat(Bench.attempts(ended.step("right"))).isEqualTo("ran");
    assertThatThrownBy(() -> bench.pipelines.resume(run.id(), "lefd", false))
        .isInstanceOf(NotFound.class)
        .hasMessage("pipeline diamond has no step \"lefd\"; did you mean \"left\"?");
  }

  @Test
  void editedStepsAndAllBelowAreDoneByTheNewestDefinition() {
    bench.apply("pipelines/p.yaml", DIAMOND);
    bench.fail("right", new InvalidInput("no"));
    var run = bench.run("diamond");
    bench.apply(
        "pipelines/p.yaml",
        DIAMOND.replace("uses: test/flaky, with: {", "uses: test/flaky, with: { text: better,")
            + "  more: { uses: core/noop, needs: left }\n");
    var ended = resumed(run.id(), null, true);
    assertThat(Bench.states(ended)).isEqualTo("top=ran left=ran right=ran last=ran more=ran");
    assertThat(Bench.attempts(ended.step("left"))).isEqualTo("ran");
    bench.apply("pipelines/p.yaml", DIAMOND.replace("default: a", "default: b"));
    var again = resumed(run.id(), null, true);
    assertThat(Bench.states(again)).isEqualTo("top=ran left=ran right=ran last=ran");
    assertThat(again.params().path("salt").asText()).isEqualTo("b");
    assertThat(Bench.attempts(again.step("left"))).isEqualTo("ran ran");
    assertThat(Bench.attempts(again.step("top"))).isEqualTo("ran");
  }

  @Test
  void anEditedFileCountsAsAnEditedStep() {
    var text = "name: files\nsteps:\n  make: { uses: test/make, with: { file: queries/a.sql } }\n";
    bench.apply("pipelines/p.yaml", text, "queries/a.sql", "select 1");
    var run = bench.run("files");
    bench.apply("pipelines/p.yaml", text, "queries/a.sql", "select 2");
    var ended = resumed(run.id(), null, true);
    assertThat(Bench.attempts(ended.step("make"))).isEqualTo("ran ran");
    assertThat(bench.pipelines.log(run.id(), "make", 2)).endsWith("made select 2\n");
    assertThat(bench.pipelines.log(run.id(), "make", 1)).endsWith("made select 1\n");
  }

  @Test
  void aCancelledRunGoesOn() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.cancel(run.id());
    bench.pipelines.await(run.id(), Bench.LONG);
    bench.release.countDown();
    var ended = resumed(run.id(), null, false);
    assertThat(Bench.states(ended)).isEqualTo("hold=ran below=ran");
    assertThat(Bench.attempts(ended.step("hold"))).isEqualTo("cancelled ran");
  }

  @Test
  void aPausedRunStartsNoStepAndStaysPausedOverARestart() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    assertThat(bench.pipelines.pause(run.id()).state()).isEqualTo(RunState.PAUSED);
    assertThatThrownBy(() -> bench.pipelines.pause(run.id()))
        .isInstanceOf(Conflict.class)
        .hasMessage("run %s cannot be paused: it is paused already".formatted(run.id()));
    bench.release.countDown();
    bench.await(run.id(), "hold", StepState.RAN);
    bench.pipelines.close();
    bench.reopen();
    var paused = bench.pipelines.run(run.id());
    assertThat(paused.state()).isEqualTo(RunState.PAUSED);
    assertThat(Bench.states(paused)).isEqualTo("hold=ran below=waiting");
    var ended = resumed(run.id(), null, false);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.worked).containsExactly("hold", "below");
  }

  @Test
  void aPausedRunIsResumedInPlace() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.pause(run.id());
    bench.release.countDown();
    bench.await(run.id(), "hold", StepState.RAN);
    var ended = resumed(run.id(), null, false);
    assertThat(Bench.states(ended)).isEqualTo("hold=ran below=ran");
  }

  @Test
  void aPausedRunIsDoneAgainFromAStep() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.pause(run.id());
    assertThatThrownBy(() -> bench.pipelines.resume(run.id(), "hold", false))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("its step hold still works");
    bench.release.countDown();
    bench.await(run.id(), "hold", StepState.RAN);
    var ended = resumed(run.id(), "hold", false);
    assertThat(Bench.states(ended)).isEqualTo("hold=ran below=ran");
    assertThat(Bench.attempts(ended.step("hold"))).isEqualTo("ran ran");
  }

  @Test
  void aPausedRunCanBeCancelledAlsoAfterARestart() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var here = bench.start("long");
    bench.held.await();
    bench.pipelines.pause(here.id());
    bench.pipelines.cancel(here.id());
    assertThat(Bench.states(bench.pipelines.await(here.id(), Bench.LONG)))
        .isEqualTo("hold=cancelled below=cancelled");
    var later = bench.start("long");
    bench.pipelines.pause(later.id());
    bench.reopen();
    bench.pipelines.cancel(later.id());
    var ended = bench.pipelines.await(later.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(ended.step("below").state()).isEqualTo(StepState.CANCELLED);
  }
}
