package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances whose commands work on while the server is gone, and their attempts. */
class FanOutRestartTest {
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

  /** Two commands that wait until they are let go. */
  private PipelineRun startWaiting() throws IOException {
    var command =
        "echo $$ > %1$s/pid$MILLRACE_PARAM_N; echo begun; until test -e %1$s/go; do sleep 0.02; done; echo $MILLRACE_PARAM_N > $MILLRACE_OUTPUTS/n"
            .formatted(folder);
    bench.apply(
        "pipelines/p.yaml",
        """
        name: p
        steps:
          a:
            run: '%s'
            strategy: { matrix: { n: [0, 1, 2] }, max-parallel: 2 }
            with: { n: "${{ matrix.n }}" }
            outputs: { n: integer }
          b: { uses: core/value, with: { value: "${{ steps.a.outputs.n }}" } }
        """
            .formatted(command));
    var run = bench.start("p");
    for (int i = 0; i < 2; i++) {
      var name = Instances.name("a", i);
      long deadline = System.nanoTime() + Bench.LONG.toNanos();
      while (!Files.exists(folder.resolve("pid" + i))
          || !bench.pipelines.log(run.id(), name).contains("begun")) {
        if (System.nanoTime() > deadline) throw new AssertionError(name + " does not begin");
        Thread.onSpinWait();
      }
    }
    return run;
  }

  private String pid(int index) throws IOException {
    return Files.readString(folder.resolve("pid" + index)).strip();
  }

  private List<String> states(String run) {
    return bench.pipelines.instances(run, "a", null, -1, 10).stream()
        .map(one -> one.state().text())
        .toList();
  }

  @Test
  void theCommandOfAPausedRunsInstanceIsTakenUpAtOnce() throws Exception {
    var run = startWaiting();
    bench.pipelines.pause(run.id());
    bench.pipelines.close();
    bench.reopen();
    Files.writeString(folder.resolve("go"), "");
    bench.await(run.id(), "a", StepState.WAITING);
    long deadline = System.nanoTime() + Bench.LONG.toNanos();
    while (!states(run.id()).equals(List.of("ran", "ran", "waiting"))) {
      if (System.nanoTime() > deadline) throw new AssertionError(states(run.id()));
      Thread.onSpinWait();
    }
    assertThat(bench.pipelines.run(run.id()).state()).isEqualTo(RunState.PAUSED);
    bench.pipelines.resume(run.id(), null, false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.step("b").outputs()).hasToString("{\"value\":[0,1,2]}");
    assertThat(
            Stream.of(0, 1, 2)
                .map(i -> Bench.attempts(bench.pipelines.step(run.id(), Instances.name("a", i)))))
        .containsOnly("ran");
  }

  @Test
  void aSiblingOfAnInstanceThatFailedIsStoppedByTheNextServer() throws Exception {
    var run = startWaiting();
    bench.pipelines.close();
    bench.database.writing(tx ->
        tx.update("update pipeline_step set state = 'FAILED', error = 'no' where name = 'a[1]'")
            .execute());
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.FAILED);
    assertThat(ended.step("a").error()).isEqualTo("instance a[1] of 3: no");
    assertThat(states(run.id())).containsExactly("cancelled", "failed", "cancelled");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "a[0]"))).isEqualTo("cancelled");
    assertThat(Stream.of(pid(0), pid(1)).map(Long::parseLong)).allMatch(RunnerContract::isGoneSoon);
  }

  @Test
  void anInstanceIsTriedAgainByItself() {
    bench.apply(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  a: { uses: test/flaky, cache: false, retry: { attempts: 2, backoff: 1ms }, strategy: { matrix: { n: [0, 1] } } }\n");
    bench.fail("a[1]", new Unavailable("busy"));
    var run = bench.run("p");
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "a[1]"))).isEqualTo("failed ran");
    assertThat(Bench.attempts(bench.pipelines.step(run.id(), "a[0]"))).isEqualTo("ran");
  }

  @Test
  void whatIsNeverCachedIsExplainedSo() {
    bench.apply(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  a: { uses: test/make, cache: false }\n  b: { uses: test/make, finally: true }\n");
    bench.run("p");
    var run = bench.run("p").id();
    var explanations = new Explanations(bench.pipelines);
    assertThat(explanations.explain(run, "a").reason())
        .isEqualTo("it says  cache: false, so it is done each time");
    assertThat(explanations.explain(run, "b").reason())
        .isEqualTo("it is finally: such steps are done each time");
  }
}
