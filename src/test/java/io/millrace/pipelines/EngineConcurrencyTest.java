package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unavailable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of the runs of a group one is at work at a time. */
class EngineConcurrencyTest {
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

  private static String text(String name, String policy) {
    return """
    name: %s
    params: { region: { type: text, default: eu } }
    concurrency: { group: "g-${{ params.region }}", policy: %s }
    steps:
      hold:  { uses: test/hold, cache: false }
      below: { uses: core/noop, needs: hold }
    """
        .formatted(name, policy);
  }

  private RunState state(PipelineRun run) {
    return bench.pipelines.run(run.id()).state();
  }

  @Test
  void runsOfAGroupWaitInTheOrderOfTheirStart() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "queue"), "pipelines/b.yaml", text("b", "queue"));
    var first = bench.start("a");
    var second = bench.start("b");
    var third = bench.start("a");
    var other = bench.start("a", "region", "us");
    bench.held.await();
    assertThat(first.state()).isEqualTo(RunState.RUNNING);
    assertThat(second.state()).isEqualTo(RunState.QUEUED);
    assertThat(second.group()).isEqualTo("g-eu");
    assertThat(third.state()).isEqualTo(RunState.QUEUED);
    assertThat(other.state()).isEqualTo(RunState.RUNNING);
    bench.release.countDown();
    var ends = new ArrayList<PipelineRun>();
    for (var run : new PipelineRun[] {first, second, third, other})
      ends.add(bench.pipelines.await(run.id(), Bench.LONG));
    assertThat(ends).extracting(PipelineRun::state).containsOnly(RunState.SUCCEEDED);
    for (int i = 1; i < 3; i++)
      assertThat(ends.get(i).step("hold").startedAt()).isAfterOrEqualTo(ends.get(i - 1).endedAt());
  }

  @Test
  void whatWaitsInLineSurvivesACrash() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "queue"));
    var first = bench.start("a");
    var second = bench.start("a");
    bench.held.await();
    bench.reopen();
    assertThat(state(second)).isEqualTo(RunState.QUEUED);
    bench.release.countDown();
    assertThat(bench.pipelines.await(first.id(), Bench.LONG).state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.pipelines.await(second.id(), Bench.LONG).state())
        .isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aQueuedRunCanBeCancelledAndNeitherPausedNorResumed() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "queue"));
    var first = bench.start("a");
    var second = bench.start("a");
    var third = bench.start("a");
    bench.held.await();
    assertThatThrownBy(() -> bench.pipelines.pause(second.id()))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("it waits for others of its concurrency group");
    assertThatThrownBy(() -> bench.pipelines.resume(second.id(), null, false))
        .isInstanceOf(Conflict.class);
    var cancelled = bench.pipelines.cancel(second.id());
    assertThat(cancelled.state()).isEqualTo(RunState.CANCELLED);
    assertThat(Bench.states(cancelled)).isEqualTo("hold=cancelled below=cancelled");
    assertThatThrownBy(() -> bench.pipelines.resume(second.id(), null, false))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "run %s cannot be resumed: run %s of its concurrency group \"g-eu\" is at work (running); wait for its end"
                .formatted(second.id(), first.id()));
    bench.release.countDown();
    assertThat(bench.pipelines.await(third.id(), Bench.LONG).state()).isEqualTo(RunState.SUCCEEDED);
    bench.pipelines.resume(second.id(), null, false);
    assertThat(bench.pipelines.await(second.id(), Bench.LONG).state())
        .isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aPausedRunKeepsItsPlace() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "queue"));
    var first = bench.start("a");
    bench.held.await();
    bench.pipelines.pause(first.id());
    bench.release.countDown();
    bench.await(first.id(), "hold", StepState.RAN);
    var second = bench.start("a");
    bench.reopen();
    assertThat(state(second)).isEqualTo(RunState.QUEUED);
    bench.pipelines.resume(first.id(), null, false);
    assertThat(bench.pipelines.await(second.id(), Bench.LONG).state())
        .isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aNewRunCancelsOlderOnesAndWaitsForTheirEnd() throws InterruptedException {
    bench.apply(
        "pipelines/a.yaml", text("a", "queue"), "pipelines/b.yaml", text("b", "cancel-older"));
    var first = bench.start("a");
    var second = bench.start("a");
    bench.held.await();
    var third = bench.start("b");
    assertThat(third.state()).isEqualTo(RunState.QUEUED);
    assertThat(bench.pipelines.await(first.id(), Bench.LONG).state()).isEqualTo(RunState.CANCELLED);
    var waited = bench.pipelines.run(second.id());
    assertThat(waited.state()).isEqualTo(RunState.CANCELLED);
    assertThat(waited.error()).isEqualTo("a newer run of its group started");
    bench.release.countDown();
    assertThat(bench.pipelines.await(third.id(), Bench.LONG).state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aRunIsNotStartedBesideAnother() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "skip"));
    var first = bench.start("a");
    bench.held.await();
    assertThatThrownBy(() -> bench.start("a"))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "skipped: run %s of the concurrency group \"g-eu\" is at work (running), and the pipeline's policy is skip; wait for its end, or cancel it"
                .formatted(first.id()));
    assertThat(bench.pipelines.runs("a")).hasSize(1);
  }

  @Test
  void theLineIsBounded() throws InterruptedException {
    bench.apply("pipelines/a.yaml", text("a", "queue"));
    bench.start("a");
    bench.held.await();
    for (int i = 0; i < Lanes.MOST_QUEUED; i++) bench.start("a");
    assertThatThrownBy(() -> bench.start("a"))
        .isInstanceOf(Unavailable.class)
        .hasMessageStartingWith("100 runs of the concurrency group \"g-eu\" wait already for run ");
  }

  @Test
  void aGroupIsKnownAtTheStart() {
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml",
                text("p", "queue").replace("params.region }", "steps.hold.outputs.text }")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(
            "p.yaml:3:23: concurrency.group: \"steps.hold.outputs.text\" is not known");
    assertThatThrownBy(() -> bench.apply("pipelines/p.yaml", text("p", "cancel-old")))
        .hasMessageContaining(
            "concurrency.policy: got \"cancel-old\"; did you mean \"cancel-older\"?; expected one of queue, cancel-older, skip");
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml",
                text("p", "queue").replace("params.region }", "params.regio }")))
        .hasMessageContaining("no parameter \"regio\"; did you mean \"region\"?");
    bench.apply("pipelines/p.yaml", text("p", "queue"));
    assertThatThrownBy(() -> bench.start("p", "region", "x".repeat(300)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("expected 1 to 200 characters");
  }

  /** Whatever is started, cancelled and crashes, never two at once, and none waits for ever. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void oneIsAtWorkAtATime(long seed) {
    var random = new Random(seed);
    var body =
        "\nsteps:\n  a: { uses: core/value, cache: false, with: { value: 1 } }\n  b: { needs: a, finally: true, uses: core/noop }\n";
    bench.apply(
        "pipelines/a.yaml",
        "name: a\nconcurrency: { group: g }" + body,
        "pipelines/b.yaml",
        "name: b\nconcurrency: { group: g, policy: cancel-older }" + body);
    var runs = new ArrayList<PipelineRun>();
    for (int i = 0; i < 30; i++) {
      runs.add(bench.start(random.nextInt(4) == 0 ? "b" : "a"));
      if (random.nextInt(6) == 0) bench.reopen();
      if (random.nextInt(6) == 0) {
        try {
          bench.pipelines.cancel(runs.get(random.nextInt(runs.size())).id());
        } catch (Conflict e) {
          // it had ended
        }
      }
      long atWork =
          bench.database.read(s ->
              s.query("select count(*) from pipeline_run where state in ('RUNNING', 'PAUSED')")
                  .mapTo(Long.class)
                  .one());
      assertThat(atWork).as("seed %d after %d", seed, i).isLessThanOrEqualTo(1);
    }
    for (var run : runs) {
      var ended = bench.pipelines.await(run.id(), Bench.LONG);
      assertThat(ended.state())
          .as("seed %d run %s: %s", seed, run.id(), ended.steps())
          .isIn(RunState.SUCCEEDED, RunState.CANCELLED);
    }
  }
}
