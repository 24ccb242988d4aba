package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps whose trials look for the best values. */
class SearchTest {
  private static final String PARABOLA =
      """
      name: parabola
      steps:
        a:
          uses: core/value
          strategy:
            search: { algorithm: tpe, trials: 30, parallel: 4, maximize: outputs.value, seed: 7, space: { x: "uniform(0,1)", n: "int(1,3)" } }
          with: { value: "${{ 1.0 - (search.x - 0.3) * (search.x - 0.3) - 0.1 * double(search.n) }}" }
        best: { uses: core/value, with: { value: "${{ steps.a.outputs.best }}" } }
        all: { uses: core/value, with: { value: "${{ steps.a.outputs.trials }}" } }
      """;

  private static final String RUN =
      """
      name: command
      steps:
        a:
          run: 'printf "{\\"loss\\": %s}" "$MILLRACE_PARAM_N" > "$MILLRACE_OUTPUTS/m"'
          strategy:
            search: { algorithm: grid, trials: 3, minimize: metrics.loss, space: { n: "int(4,6)" } }
          outputs: { m: Metrics }
        below: { uses: core/value, with: { value: "${{ steps.a.outputs.best }}" } }
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

  @Test
  void valuesThatAreNoInputsAreEntriesOfTheParams() {
    var component =
        "name: fit\nversion: \"1\"\nmeaning: Fits.\ninputs: { params: { type: map, default: {} } }\noutputs: { m: Metrics }\nrun: printf '{\"loss\":1}' > $MILLRACE_OUTPUTS/m\n";
    var text =
        """
        name: p
        steps:
          a:
            uses: ./components/fit
            with: { params: { booster: tree } }
            strategy: { search: { algorithm: grid, trials: 2, minimize: metrics.loss, space: { depth: "int(3,4)" } } }
        """;
    bench.apply("components/fit/component.yaml", component, "pipelines/p.yaml", text);
    var run = bench.run("p");
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    var same = text.replace("booster: tree", "booster: tree, depth: \"${{ search.depth }}\"");
    bench.apply("components/fit/component.yaml", component, "pipelines/p.yaml", same);
    assertThat(Bench.states(bench.run("p"))).isEqualTo("a=cached");
    assertThatThrownBy(() ->
            bench.apply(
                "components/fit/component.yaml",
                component,
                "pipelines/p.yaml",
                text.replace("booster: tree", "depth: 3")))
        .hasMessage("pipelines/p.yaml:6:88: params gives \"depth\" too; remove one of them");
  }

  private List<JsonNode> tried(PipelineRun run) {
    return bench.pipelines.instances(run.id(), "a", null, -1, 1000).stream()
        .map(StepRun::given)
        .toList();
  }

  @Test
  void theStepGivesWhatItsBestTrialGaveAndARepeatedSearchIsAHit() {
    bench.apply("pipelines/p.yaml", PARABOLA);
    var run = bench.run("parabola");
    assertThat(run.error()).isNull();
    var a = run.step("a");
    assertThat(a.outputs().path("value").asDouble()).isBetween(0.89, 0.9);
    assertThat(a.outputs().path("best").path("n").asInt()).isEqualTo(1);
    assertThat(a.outputs().path("best").path("x").asDouble()).isBetween(0.2, 0.4);
    assertThat(run.step("best").outputs().path("value")).isEqualTo(a.outputs().path("best"));
    assertThat(run.step("all").outputs().path("value").asInt()).isEqualTo(30);
    assertThat(a.summary().path("outputs.value")).isEqualTo(a.outputs().path("value"));
    var again = bench.run("parabola");
    assertThat(Bench.states(again)).isEqualTo("a=cached best=cached all=cached");
    assertThat(tried(again)).isEqualTo(tried(run));
    var plans = new Plans(bench.pipelines, (_, _) -> Map.of(), (_, _) -> List.of());
    assertThat(plans.plan(Bench.files("pipelines/p.yaml", PARABOLA)).getFirst().steps())
        .extracting(StepPlan::verdict)
        .containsOnly(Verdict.UNAFFECTED);
    var other = PARABOLA.replace("seed: 7", "seed: 8");
    assertThat(plans.plan(Bench.files("pipelines/p.yaml", other)).getFirst().steps())
        .extracting(StepPlan::verdict)
        .containsExactly(Verdict.MUST_RUN, Verdict.CONDITIONAL, Verdict.CONDITIONAL);
  }

  @Test
  void aCommandIsGivenTheValuesThatNothingReads() {
    bench.apply("pipelines/p.yaml", RUN);
    var run = bench.run("command");
    assertThat(run.error()).isNull();
    assertThat(run.step("a").outputs().path("best")).hasToString("{\"n\":4}");
    var again = new Reproductions(bench.pipelines).reproduce(run.id(), "below");
    assertThat(again.steps())
        .extracting(Reproduction.Redone::step, Reproduction.Redone::likeness)
        .containsExactly(tuple("a[0]", Reproduction.Likeness.BIT_EQUAL));
    assertThat(run.step("a").instances().text()).isEqualTo("3 instances: 3 ran");
  }

  @Test
  void aTrialThatFailsHasNoScore() {
    bench.apply("pipelines/p.yaml", RUN.replace("printf", "test $MILLRACE_PARAM_N != 4; printf"));
    var run = bench.run("command");
    assertThat(run.error()).isNull();
    assertThat(run.step("a").outputs().path("best")).hasToString("{\"n\":5}");
    assertThat(run.step("a").instances().text()).isEqualTo("3 instances: 2 ran, 1 failed");
  }

  @Test
  void aStepThatDoesNotGiveTheNumberFails() {
    bench.apply("pipelines/p.yaml", RUN.replace("metrics.loss", "metrics.los"));
    assertThat(bench.run("command").error())
        .endsWith("trial a[0] gave no number metrics.los; it gave loss");
  }

  @Test
  void anInterruptedSearchGoesOnAsItWouldHave() {
    bench.apply("pipelines/p.yaml", PARABOLA);
    var run = bench.start("parabola");
    long deadline = System.nanoTime() + Bench.LONG.toNanos();
    while (bench.pipelines.instances(run.id(), "a", StepState.RAN, 4, 1).isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      bench.pipelines.events(run.id(), 0, Duration.ofMillis(20));
    }
    var before = bench.pipelines;
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    before.close();
    assertThat(ended.error()).isNull();
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    var whole = bench.pipelines.start("parabola", Map.of(), false);
    assertThat(tried(bench.pipelines.await(whole.id(), Bench.LONG))).isEqualTo(tried(ended));
  }

  private void refused(String search, String message) {
    var text = "name: p\nsteps:\n  b: { uses: test/make, strategy: { search: " + search + " } }\n";
    assertThatThrownBy(() -> bench.definitions.apply(Bench.files("pipelines/p.yaml", text)))
        .isInstanceOf(Failure.class)
        .hasMessage("pipelines/p.yaml:" + message);
  }

  @Test
  void whatIsWrongIsToldBeforeAnythingRuns() {
    refused(
        "{ algorithm: best, trials: 3, maximize: metrics.auc, space: { letters: \"int(1,9)\" } }",
        "3:58: there is no search algorithm \"best\"; expected one of grid, random, tpe");
    refused(
        "{ algorithm: tpe, trials: 3, maximize: metrics.auc, space: { letters: \"int(9,1)\" } }",
        "3:115: got \"int(9,1)\", expected int(3,10), uniform(0,1), loguniform(0.01,0.3), the lower end first and above 0 for loguniform, or choice(a,b)");
    refused(
        "{ algorithm: tpe, trials: 3, maximize: metrics.auc, space: { letters: \"uniform(0,1)\" } }",
        "3:106: input \"letters\": got 0.0, expected a whole number");
    refused(
        "{ algorithm: tpe, trials: 3, space: { letters: \"int(1,9)\" } }",
        "3:45: search: expected one of  maximize: metrics.NAME  and  minimize: metrics.NAME");
  }
}
