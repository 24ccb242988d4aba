package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that run when a run failed, and those that run whatever it came to. */
class EngineLateStepsTest {
  private static final String LATE =
      """
      name: late
      steps:
        made:   { uses: test/flaky }
        below:  { uses: test/mix, with: { first: "${{ steps.made.outputs.report }}" } }
        tell:   { on-failure: true, uses: core/value, with: { value: "${{ run.state }}: ${{ run.error }}" } }
        told:   { on-failure: true, needs: tell, uses: core/noop }
        tidy:   { finally: true, uses: core/value, with: { value: "${{ run.state }}" } }
        keep:   { finally: true, uses: test/mix, with: { first: "${{ steps.made.outputs.report }}" } }
        only:   { finally: true, needs: made, uses: core/noop }
        asked:  { finally: true, uses: core/value, with: { value: "${{ has(steps.tell.outputs.value) }}" } }
      """;

  private static final String HOLD =
      """
      name: long
      steps:
        hold: { uses: test/hold }
        sad:  { on-failure: true, uses: core/noop }
        tidy: { finally: true, uses: core/value, with: { value: "${{ run.state }}" } }
      """;

  private static final String HOLD_LAST =
      """
      name: last
      steps:
        made: { uses: test/make }
        hold: { finally: true, uses: test/hold }
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

  private static String value(PipelineRun run, String step) {
    return String.valueOf(run.step(step).outputs());
  }

  @Test
  void aRunThatFailedRunsItsOnFailureStepsAndThenItsFinallySteps() {
    bench.apply("pipelines/p.yaml", LATE);
    bench.fail("made", new InvalidInput("the milk is sour"));
    var run = bench.run("late");
    assertThat(Bench.states(run))
        .isEqualTo(
            "made=failed below=skipped tell=ran told=ran tidy=ran keep=skipped only=skipped asked=ran");
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThat(run.error()).isEqualTo("step made: the milk is sour");
    assertThat(value(run, "tell")).isEqualTo("{\"value\":\"failed: step made: the milk is sour\"}");
    assertThat(value(run, "tidy")).isEqualTo("{\"value\":\"failed\"}");
    assertThat(value(run, "asked")).isEqualTo("{\"value\":true}");
    assertThat(run.step("keep").error())
        .isEqualTo("it refers to steps.made.outputs.report, which is not there: the step failed");
    assertThat(run.step("only").error()).isEqualTo("it needs made, which failed");
  }

  @Test
  void aRunThatWentWellRunsItsFinallyStepsOnly() {
    bench.apply("pipelines/p.yaml", LATE);
    var run = bench.run("late");
    assertThat(Bench.states(run))
        .isEqualTo(
            "made=ran below=ran tell=skipped told=skipped tidy=ran keep=ran only=ran asked=ran");
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.step("tell").error()).isEqualTo("no step failed");
    assertThat(value(run, "tidy")).isEqualTo("{\"value\":\"succeeded\"}");
    assertThat(value(run, "asked")).isEqualTo("{\"value\":false}");
    var again = bench.run("late");
    assertThat(Bench.states(again))
        .isEqualTo(
            "made=cached below=cached tell=skipped told=skipped tidy=ran keep=ran only=ran asked=ran");
  }

  @Test
  void aFinallyStepThatFailsFailsTheRunBehindAnOrdinaryFailure() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: bad
        steps:
          tidy: { finally: true, uses: test/fail }
          made: { uses: test/flaky }
        """);
    var run = bench.run("bad");
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThat(run.error()).isEqualTo("step tidy: the milk is sour; buy new milk");
    bench.fail("made", new InvalidInput("no"));
    bench.pipelines.resume(run.id(), "made", false);
    var both = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(both.error()).isEqualTo("step made: no");
  }

  @Test
  void aCancelledRunRunsItsFinallyStepsAndNotThoseForFailures() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("hold=cancelled sad=cancelled tidy=ran");
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(ended.error()).isEqualTo("the run was cancelled");
    assertThat(value(ended, "tidy")).isEqualTo("{\"value\":\"cancelled\"}");
  }

  @Test
  void aPausedRunThatIsCancelledRunsItsFinallySteps() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.pause(run.id());
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("hold=cancelled sad=cancelled tidy=ran");
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
  }

  @Test
  void aFinallyStepOfACancelledRunThatTakesTooLongIsCancelled() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD_LAST);
    bench.pipelines.engine().cleanup = Duration.ofMillis(50);
    var run = bench.start("last");
    bench.held.await();
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("made=ran hold=cancelled");
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(ended.step("hold").error())
        .isEqualTo("the run was cancelled, and the time that its finally steps had then is over");
  }

  @Test
  void aFinallyStepIsLeftToTheNextServerAlsoWhereTheRunWasCancelled() throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD_LAST);
    var run = bench.start("last");
    bench.held.await();
    bench.pipelines.cancel(run.id());
    bench.pipelines.close();
    assertThat(bench.pipelines.run(run.id()).state()).isEqualTo(RunState.RUNNING);
    bench.release.countDown();
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.attempts(ended.step("hold"))).isEqualTo("interrupted ran");
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aCancelThatWasAcknowledgedBeforeACrashStillRunsTheFinallySteps()
      throws InterruptedException {
    bench.apply("pipelines/p.yaml", HOLD);
    var run = bench.start("long");
    bench.held.await();
    bench.database.writing(
        tx -> tx.update("update pipeline_run set cancelling = 1").execute()); // and then the crash
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("hold=cancelled sad=cancelled tidy=ran");
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
  }

  @Test
  void aResumedRunDoesItsLateStepsAgain() {
    bench.apply("pipelines/p.yaml", LATE);
    bench.fail("made", new InvalidInput("no"));
    var run = bench.run("late");
    bench.pipelines.resume(run.id(), null, false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended))
        .isEqualTo(
            "made=ran below=ran tell=skipped told=skipped tidy=ran keep=ran only=ran asked=ran");
    assertThat(Bench.attempts(ended.step("tidy"))).isEqualTo("ran ran");
    assertThat(value(ended, "tidy")).isEqualTo("{\"value\":\"succeeded\"}");
  }

  @Test
  void stepsCannotWaitForLaterOnesNorAskWhatTheRunCameTo() {
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml",
                """
                name: wrong
                steps:
                  first: { needs: tidy, uses: core/noop }
                  asks:  { uses: core/value, with: { value: "${{ run.state }}" } }
                  sad:   { on-failure: true, needs: tidy, uses: core/noop }
                  tidy:  { finally: true, uses: core/noop }
                """))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            """
            pipelines/p.yaml:3:19: step first cannot need tidy, which is finally and runs later; make first finally too, or remove this
            pipelines/p.yaml:4:45: run.state and run.error are known only to steps that are on-failure or finally; step asks is neither
            pipelines/p.yaml:5:37: step sad cannot need tidy, which is finally and runs later; make sad finally too, or remove this\
            """);
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml",
                "name: x\nsteps:\n  a: { on-failure: true, finally: true, uses: core/noop }\n"))
        .hasMessageContaining("a step is either on-failure or finally; remove one of them");
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml", "name: x\nsteps:\n  a: { finally: true, uses: core/noop }\n"))
        .hasMessageContaining("a pipeline has at least one ordinary step");
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml",
                "name: x\nsteps:\n  a: { finally: true, cache: true, uses: core/noop }\n"))
        .hasMessageContaining("is done each time and never taken from the cache");
  }
}
