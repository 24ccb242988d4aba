package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.metadata.ExecutionState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs go on where an engine left them, however that one ended. */
class EngineRestartTest {
  private static final String CRASH =
      """
      name: crash
      steps:
        first: { uses: test/make, with: { text: x } }
        hold:  { uses: test/hold, with: { after: "${{ steps.first.outputs.report }}" } }
        last:  { uses: test/mix, with: { first: "${{ steps.hold.outputs.report }}" } }
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

  private List<ExecutionState> executions(String run, String name) {
    return bench.database.read(s ->
        bench.metadata.executions(s, "pipeline_run", run).stream()
            .filter(e -> e.name().equals(name))
            .map(e -> e.state())
            .toList());
  }

  @Test
  void afterACrashTheRunGoesOnAndAnOrphanCannotPublish() throws InterruptedException {
    bench.apply("pipelines/p.yaml", CRASH);
    var run = bench.start("crash");
    bench.held.await();
    var before = bench.pipelines;
    bench.reopen();
    bench.release.countDown();
    before.await(run.id(), Duration.ofSeconds(2)); // the orphan gets its chance
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(Bench.states(ended)).isEqualTo("first=ran hold=ran last=ran");
    assertThat(Bench.attempts(ended.step("first"))).isEqualTo("ran");
    assertThat(Bench.attempts(ended.step("hold"))).isEqualTo("interrupted ran");
    assertThat(ended.step("hold").attempts().getFirst().error())
        .isEqualTo("the server stopped while it worked");
    assertThat(Bench.attempts(ended.step("last"))).isEqualTo("ran");
    assertThat(executions(run.id(), "crash.hold"))
        .containsExactly(ExecutionState.FAILED, ExecutionState.COMPLETE);
    assertThat(bench.worked).containsExactly("first", "hold", "hold", "last");
    assertThat(bench.pipelines.events(run.id(), 0).events())
        .extracting(RunEvent::message)
        .contains("running: goes on after the server stopped");
  }

  @Test
  void aCleanStopLeavesTheRunToTheNextEngine() throws InterruptedException {
    bench.apply("pipelines/p.yaml", CRASH);
    var run = bench.start("crash");
    bench.held.await();
    bench.pipelines.close();
    var left = bench.pipelines.run(run.id());
    assertThat(left.state()).isEqualTo(RunState.RUNNING);
    assertThat(Bench.states(left)).isEqualTo("first=ran hold=waiting last=waiting");
    assertThat(executions(run.id(), "crash.hold")).containsExactly(ExecutionState.CANCELLED);
    bench.release.countDown();
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("first=ran hold=ran last=ran");
    assertThat(Bench.attempts(ended.step("hold"))).isEqualTo("interrupted ran");
    assertThat(Bench.attempts(ended.step("first"))).isEqualTo("ran");
  }

  @Test
  void aRunGoesOnWithTheFilesItBeganWith() throws InterruptedException {
    var pipeline =
        """
        name: files
        steps:
          hold: { uses: test/hold }
          make: { uses: test/make, needs: hold, with: { file: queries/a.sql } }
        """;
    bench.apply("pipelines/p.yaml", pipeline, "queries/a.sql", "select 1");
    var run = bench.start("files");
    bench.held.await();
    bench.pipelines.close();
    bench.apply(
        "pipelines/p.yaml", pipeline.replace("make:", "other:"), "queries/a.sql", "select 2");
    bench.release.countDown();
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("hold=ran make=ran");
    assertThat(bench.pipelines.log(run.id(), "make")).endsWith("made select 1\n");
  }

  @Test
  void aRunWhoseFilesAreGoneFailsWithASentence() throws InterruptedException {
    bench.apply("pipelines/p.yaml", CRASH);
    var run = bench.start("crash");
    bench.held.await();
    bench.pipelines.close();
    bench.database.writing(tx -> tx.update("delete from run_text").execute());
    bench.reopen();
    var ended = bench.pipelines.run(run.id());
    assertThat(ended.state()).isEqualTo(RunState.FAILED);
    assertThat(ended.error())
        .isEqualTo(
            "it cannot go on: the project's files as they were at its start are not in the database; start it anew");
    assertThat(Bench.states(ended)).isEqualTo("first=ran hold=cancelled last=cancelled");
  }

  @Test
  void aCancelThatWasAcknowledgedSurvivesACrash() throws InterruptedException {
    bench.apply("pipelines/p.yaml", CRASH);
    var run = bench.start("crash");
    bench.held.await();
    bench.database.writing(
        tx -> tx.update("update pipeline_run set cancelling = 1").execute()); // and then the crash
    bench.reopen();
    var ended = bench.pipelines.run(run.id());
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(Bench.states(ended)).isEqualTo("first=ran hold=cancelled last=cancelled");
    assertThatThrownBy(() -> bench.pipelines.cancel(run.id())).isInstanceOf(Conflict.class);
  }
}
