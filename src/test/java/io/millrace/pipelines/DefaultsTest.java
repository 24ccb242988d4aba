package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import io.millrace.base.Unavailable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pipeline says for its steps holds where they say nothing themselves. */
class DefaultsTest {
  private static final String ENV =
      """
      name: p
      params: { tone: { type: text, default: low } }
      env: { COLOR: red, TONE: "${{ params.tone }}" }
      steps:
        all:  { run: "printf $COLOR-$TONE > $MILLRACE_OUTPUTS/t", outputs: { t: text } }
        own:  { run: "printf $COLOR-$TONE > $MILLRACE_OUTPUTS/t", outputs: { t: text }, env: { COLOR: blue } }
        none: { uses: test/make, with: { text: x } }
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

  private static StepDefinition step(String defaults, String step) {
    var text = "name: p\n" + defaults + "\nsteps:\n  a: " + step + "\n";
    return PipelineParser.parse("pipelines/p.yaml", text).steps().sequencedValues().getFirst();
  }

  @Test
  void variablesReachCommandsAndAStepsOwnWin() {
    bench.apply("pipelines/p.yaml", ENV);
    var run = bench.run("p");
    assertThat(run.step("all").outputs()).hasToString("{\"t\":\"red-low\"}");
    assertThat(run.step("own").outputs()).hasToString("{\"t\":\"blue-low\"}");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("all=cached own=cached none=cached");
    assertThat(Bench.states(bench.run("p", "tone", "high")))
        .isEqualTo("all=ran own=ran none=cached");
  }

  @Test
  void aChangedVariableIsAChangeOfTheStepsThatGetIt() {
    bench.apply("pipelines/p.yaml", ENV);
    var run = bench.run("p");
    var edited = ENV.replace("COLOR: red", "COLOR: green");
    var plans = new Plans(bench.pipelines, (_, _) -> Map.of(), (_, _) -> List.of());
    var steps = plans.plan(Bench.files("pipelines/p.yaml", edited)).getFirst().steps();
    assertThat(steps.stream().map(s -> s.step() + " " + s.verdict()))
        .containsExactly("all MUST_RUN", "own UNAFFECTED", "none UNAFFECTED");
    assertThat(steps.getFirst().because().getFirst()).contains("COLOR", "red", "green");
    bench.apply("pipelines/p.yaml", edited);
    bench.pipelines.resume(run.id(), null, true);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.step("all").outputs()).hasToString("{\"t\":\"green-low\"}");
    assertThat(Bench.attempts(ended.step("all"))).isEqualTo("ran ran");
    assertThat(Bench.attempts(ended.step("own"))).isEqualTo("ran");
    assertThat(Bench.attempts(ended.step("none"))).isEqualTo("ran");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("all=cached own=cached none=cached");
  }

  @Test
  void handlingIsThatOfTheDefaultsUnlessTheStepSaysIt() {
    var defaults =
        "defaults: { timeout-minutes: 2, cache: false, retry: { attempts: 4, backoff: 1ms }, resources: { memory: 64Mi } }";
    var silent = step(defaults, "{ run: \"true\" }");
    assertThat(silent.timeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(silent.cached()).isFalse();
    assertThat(silent.retry().attempts()).isEqualTo(4);
    assertThat(silent.process())
        .extracting(process -> process.resources().memory())
        .isEqualTo(64L << 20);
    var own =
        step(
            defaults,
            "{ run: \"true\", timeout-minutes: 1, cache: true, retry: { attempts: 1 }, resources: { memory: 32Mi } }");
    assertThat(own.timeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(own.cached()).isTrue();
    assertThat(own.retry().attempts()).isEqualTo(1);
    assertThat(own.process())
        .extracting(process -> process.resources().memory())
        .isEqualTo(32L << 20);
    var late = step("defaults: { cache: true }", "{ run: \"true\", finally: true }");
    assertThat(late.cached()).isFalse();
  }

  @Test
  void aStepIsTriedAgainAsTheDefaultsSay() {
    bench.apply(
        "pipelines/p.yaml",
        "name: p\ndefaults: { retry: { attempts: 2, backoff: 1ms } }\nsteps:\n  a: { uses: test/flaky }\n  b: { uses: test/flaky, retry: { attempts: 1 } }\n");
    bench.fail("a", new Unavailable("busy"));
    bench.fail("b", new Unavailable("busy"));
    var run = bench.run("p");
    assertThat(Bench.attempts(run.step("a"))).isEqualTo("failed ran");
    assertThat(Bench.attempts(run.step("b"))).isEqualTo("failed");
  }

  @Test
  void changedHandlingIsNoChangeOfAStep() {
    var text =
        "name: p\ndefaults: { timeout-minutes: 2, resources: { memory: 64Mi } }\nsteps:\n  a: { run: \"true\" }\n";
    bench.apply("pipelines/p.yaml", text);
    var run = bench.run("p");
    bench.apply(
        "pipelines/p.yaml",
        text.replace("timeout-minutes: 2", "timeout-minutes: 3").replace("64Mi", "65Mi"));
    bench.pipelines.resume(run.id(), null, true);
    assertThat(Bench.attempts(bench.pipelines.await(run.id(), Bench.LONG).step("a")))
        .isEqualTo("ran");
  }

  @Test
  void whatIsWrongIsToldWithItsPlace() {
    refused(
        "env: { A: \"${{ steps.a.outputs.x }}\" }",
        "2:11: the env of a pipeline is that of all its commands, so it can read params only; put this variable under the env of the steps that need it");
    refused(
        "env: { A: \"${{ params.x }}\" }",
        "2:11: the pipeline has no parameter \"x\"; there are none");
    refused(
        "env: { 1A: x }",
        "2:8: variable \"1A\": expected A-Z a-z 0-9 _, not starting with a digit");
    refused(
        "defaults: { timeout: 3 }",
        "2:13: unknown key \"timeout\"; expected one of cache, resources, retry, timeout-minutes");
    refused(
        "defaults: { timeout-minutes: 0 }",
        "2:30: timeout-minutes: got 0, expected more than 0 and at most 10080");
    refused(
        "defaults: { runner: kubernetes }",
        "2:13: \"runner\" is a known key but not supported yet; remove it");
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml", "name: p\nenv: { A: x }\nsteps:\n  a: { uses: core/noop }\n"))
        .hasMessage(
            "pipelines/p.yaml:2:1: env reaches steps with run, and this pipeline has none; remove it");
  }

  private void refused(String line, String message) {
    assertThatThrownBy(() ->
            bench.apply(
                "pipelines/p.yaml", "name: p\n" + line + "\nsteps:\n  a: { run: \"true\" }\n"))
        .isInstanceOf(Failure.class)
        .hasMessage("pipelines/p.yaml:" + message);
  }
}
