package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ExecutionState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What retry says is what happens, over restarts too. */
class EngineRetryTest {
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

  private void apply(String retry) {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: flaky
        steps:
          call:  { uses: test/flaky%s }
          below: { uses: test/make, needs: call }
        """
            .formatted(retry));
  }

  @Test
  void eachAttemptIsItsOwnExecutionWithItsOwnLog() {
    apply(", retry: { attempts: 3, backoff: 1ms }");
    bench.fail("call", new Unavailable("away"), new IllegalStateException("odd"));
    var run = bench.run("flaky");
    assertThat(Bench.states(run)).isEqualTo("call=ran below=ran");
    assertThat(Bench.attempts(run.step("call"))).isEqualTo("failed failed ran");
    assertThat(run.step("call").attempts())
        .extracting(StepAttempt::errorClass)
        .containsExactly("unavailable", "failed", null);
    assertThat(run.error()).isNull();
    var executions =
        bench.database.read(s -> bench.metadata.executions(s, "pipeline_run", run.id()));
    assertThat(executions)
        .extracting(e -> e.state())
        .containsExactly(
            ExecutionState.FAILED,
            ExecutionState.FAILED,
            ExecutionState.COMPLETE,
            ExecutionState.COMPLETE);
    assertThat(bench.pipelines.log(run.id(), "call", 1)).contains("tried", "away");
    assertThat(bench.pipelines.log(run.id(), "call", 2)).contains("tried", "odd");
    assertThat(bench.pipelines.log(run.id(), "call")).contains("tried").doesNotContain("away");
    assertThat(folder.resolve("work/logs").resolve(run.id()).resolve("call-2.log")).exists();
    assertThat(bench.noted)
        .filteredOn(n -> n.contains("closed"))
        .containsExactly(
            "call closed false", "call closed false", "call closed true", "below closed true");
  }

  @Test
  void theLastFailureCounts() {
    apply(", retry: { attempts: 2, backoff: 1ms }");
    bench.fail("call", new Unavailable("away"), new Unavailable("still away"));
    var run = bench.run("flaky");
    assertThat(Bench.states(run)).isEqualTo("call=failed below=skipped");
    assertThat(run.error()).isEqualTo("step call: still away");
    assertThat(Bench.attempts(run.step("call"))).isEqualTo("failed failed");
  }

  @Test
  void whatIsWrongWithTheInputIsNotTriedAgainUnlessNamed() {
    apply(", retry: { attempts: 3, backoff: 1ms }");
    bench.fail("call", new InvalidInput("wrong"));
    assertThat(Bench.attempts(bench.run("flaky").step("call"))).isEqualTo("failed");
    apply(", retry: { attempts: 3, backoff: 1ms, on: [invalid, refused] }");
    bench.fail("call", new InvalidInput("wrong"), new Refused("no"));
    assertThat(Bench.attempts(bench.run("flaky").step("call"))).isEqualTo("failed failed ran");
  }

  @Test
  void anExitCodeThatIsNamedIsTriedAgainAndNoOther() {
    apply(", retry: { attempts: 5, backoff: 1ms, on: [timeout, exit:9, out-of-memory] }");
    bench.fail("call", new CommandFailed("nine", 9), new CommandFailed("killed", 137));
    assertThat(Bench.attempts(bench.run("flaky").step("call"))).isEqualTo("failed failed ran");
    apply(", retry: { attempts: 5, backoff: 1ms, on: exit:9 }, with: { text: other }");
    bench.fail("call", new CommandFailed("nine", 9), new CommandFailed("ten", 10));
    var step = bench.run("flaky").step("call");
    assertThat(Bench.attempts(step)).isEqualTo("failed failed");
    assertThat(step.error()).isEqualTo("ten");
  }

  @Test
  void aStepThatTookTooLongIsTriedAgain() {
    bench.apply(
        "pipelines/p.yaml",
        "name: slow\nsteps:\n  hold: { uses: test/hold, timeout-minutes: 0.001, retry: { attempts: 2, backoff: 1ms } }\n");
    var step = bench.run("slow").step("hold");
    assertThat(step.attempts())
        .extracting(StepAttempt::errorClass)
        .containsExactly("timeout", "timeout");
  }

  @Test
  void theWaitHoldsNoSlotAndSurvivesARestart() {
    int many = Runtime.getRuntime().availableProcessors() + 1;
    var text = new StringBuilder("name: many\nsteps:\n");
    for (int i = 0; i < many; i++) {
      bench.fail("s" + i, new Unavailable("away"));
      text.append("  s%d: { uses: test/flaky, retry: { backoff: 1h } }\n".formatted(i));
    }
    bench.apply(
        "pipelines/p.yaml",
        text.toString(),
        "pipelines/q.yaml",
        "name: quick\nsteps:\n  a: { uses: core/noop }\n");
    var id = bench.pipelines.start("many", Map.of(), false).id();
    for (int i = 0; i < many; i++) awaitFailure(id, "s" + i);
    assertThat(bench.run("quick").state()).isEqualTo(RunState.SUCCEEDED);
    var waiting = bench.pipelines.run(id);
    bench.reopen();
    assertThat(bench.pipelines.run(id)).isEqualTo(waiting);
    bench.database.writing(
        tx -> tx.update("update pipeline_step set not_before = 1 where not_before > 1").execute());
    bench.reopen();
    var ended = bench.pipelines.await(id, Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    for (var step : ended.steps()) assertThat(Bench.attempts(step)).isEqualTo("failed ran");
  }

  private void awaitFailure(String run, String step) {
    while (bench.pipelines.run(run).step(step).notBefore() == null)
      bench.await(run, step, StepState.WAITING);
  }

  @Test
  void aCancelEndsTheWait() {
    apply(", retry: { backoff: 1h }");
    bench.fail("call", new Unavailable("away"));
    var run = bench.start("flaky");
    awaitFailure(run.id(), "call");
    bench.pipelines.cancel(run.id());
    assertThat(Bench.states(bench.pipelines.await(run.id(), Bench.LONG)))
        .isEqualTo("call=cancelled below=cancelled");
  }

  @Test
  void retryIsNoPartOfTheKey() {
    apply("");
    bench.run("flaky");
    apply(", retry: { attempts: 7 }");
    assertThat(Bench.states(bench.run("flaky"))).isEqualTo("call=cached below=cached");
  }

  @Test
  void waitsGrowAndDifferAndEndAtAnHour() {
    var retry = new Retry(9, Duration.ofSeconds(10), 2, Set.of(), Set.of());
    assertThat(retry.pause(1, 0.5)).isEqualTo(Duration.ofSeconds(10));
    assertThat(retry.pause(3, 0.5)).isEqualTo(Duration.ofSeconds(40));
    assertThat(retry.pause(1, 0)).isEqualTo(Duration.ofMillis(7_500));
    assertThat(retry.pause(1, 1)).isEqualTo(Duration.ofMillis(12_500));
    assertThat(retry.pause(20, 0.5)).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void exitCodesMeanWhatIsDocumented() {
    assertThat(ErrorClass.of(new CommandFailed("x", 75))).isEqualTo(ErrorClass.UNAVAILABLE);
    assertThat(ErrorClass.of(new CommandFailed("x", 124))).isEqualTo(ErrorClass.TIMEOUT);
    assertThat(ErrorClass.of(new CommandFailed("x", 1))).isEqualTo(ErrorClass.FAILED);
    assertThat(ErrorClass.of(new CommandFailed("x", 137))).isEqualTo(ErrorClass.OUT_OF_MEMORY);
    assertThat(ErrorClass.of(new OutOfMemoryError("x"))).isEqualTo(ErrorClass.OUT_OF_MEMORY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "attempts: 0 | attempts: got 0, expected 1 to 20, the first one included",
        "backoff: soon | backoff: got \"soon\", expected a number with ms, s, m or h, such as 10s, at most 1h",
        "backoff: 2h | backoff: got \"2h\", expected a number with ms, s, m or h, such as 10s, at most 1h",
        "factor: 0.5 | factor: got 0.5, expected 1 to 10",
        "on: [timeot] | on: there is no class of failures \"timeot\"; did you mean \"timeout\"?; there are timeout, unavailable, failed, out-of-memory, conflict, refused, damaged, invalid, and exit:CODE",
        "on: [exit:0] | on: got \"exit:0\", expected exit: and a command's exit code from 1 to 255, such as exit:75",
        "on: exit:256 | on: got \"exit:256\", expected exit:",
        "tries: 3 | unknown key \"tries\"",
      })
  void whatIsWrongIsSaid(String retry, String message) {
    assertThatThrownBy(() -> apply(", retry: { %s }".formatted(retry)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }
}
