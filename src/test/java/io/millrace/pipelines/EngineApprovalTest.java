package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.NotFound;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that wait for people. */
class EngineApprovalTest {
  private static final String ASKS =
      """
      name: asks
      steps:
        made:   { uses: test/make, with: { text: x } }
        score:  { uses: core/value, with: { value: 7 } }
        sign:   { approval: { ask: "Ship ${{ steps.score.outputs.value }}?" }, with: { report: "${{ steps.made.outputs.report }}" } }
        ship:   { needs: sign, uses: core/noop }
        after:  { needs: ship, uses: core/value, with: { value: 2 } }
        tell:   { uses: core/value, with: { value: "${{ steps.sign.outputs.approved }} ${{ steps.sign.outputs.comment }}" } }
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

  /** What waits, once something does. */
  private Approval waiting(String run) {
    long deadline = System.nanoTime() + Bench.LONG.toNanos();
    long after = 0;
    while (System.nanoTime() < deadline) {
      for (var approval : bench.pipelines.approvals())
        if (approval.run().equals(run)) return approval;
      var events = bench.pipelines.events(run, after, Duration.ofMillis(200)).events();
      if (!events.isEmpty()) after = events.getLast().seq();
    }
    throw new AssertionError("nothing waits: " + bench.pipelines.run(run));
  }

  private PipelineRun decided(String run, boolean approved, String comment) {
    bench.pipelines.decide(run, "sign", approved, "ana", comment);
    return bench.pipelines.await(run, Bench.LONG);
  }

  @Test
  void whatIsApprovedGoesOnAndIsInTheGraph() {
    bench.apply("pipelines/p.yaml", ASKS);
    var run = bench.start("asks");
    var asked = waiting(run.id());
    assertThat(asked.ask()).isEqualTo("Ship 7?");
    var report = bench.pipelines.run(run.id()).step("made").outputs();
    assertThat(asked.given().path("artifacts").path("report"))
        .isEqualTo(java.util.Objects.requireNonNull(report).path("report"));
    var ended = decided(run.id(), true, "fine");
    assertThat(Bench.states(ended))
        .isEqualTo("made=ran score=ran sign=ran ship=ran after=ran tell=ran");
    assertThat(ended.step("tell").outputs()).hasToString("{\"value\":\"true fine\"}");
    assertThat(Bench.attempts(ended.step("sign"))).isEqualTo("ran");
    var made =
        bench.database.read(
            s -> bench.metadata.made(s, "pipeline_run", run.id(), ArtifactType.DECISION));
    assertThat(made).hasSize(1);
    var decision = made.getFirst().artifact().properties();
    assertThat(decision.path("by").asText()).isEqualTo("ana");
    assertThat(decision.path("approved").asBoolean()).isTrue();
    assertThat(decision.path("given")).isEqualTo(asked.given());
    assertThat(bench.pipelines.approvals()).isEmpty();
    assertThatThrownBy(() -> bench.pipelines.decide(run.id(), "sign", false, "bob", ""))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("was approved by ana already, at ");
    assertThatThrownBy(() -> bench.pipelines.decide(run.id(), "made", true, "bob", ""))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("waits for no approval");
  }

  @Test
  void whatNeedsSomethingRejectedIsSkippedUnlessItAsks() {
    bench.apply("pipelines/p.yaml", ASKS);
    var run = bench.start("asks");
    waiting(run.id());
    var ended = decided(run.id(), false, "no");
    assertThat(Bench.states(ended))
        .isEqualTo("made=ran score=ran sign=ran ship=skipped after=skipped tell=ran");
    assertThat(ended.step("ship").error()).isEqualTo("it needs sign, which was rejected");
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(ended.outcome()).isEqualTo("rejected by ana");
    var again = bench.start("asks");
    assertThat(waiting(again.id()).approved()).isNull();
    decided(again.id(), true, "");
  }

  @Test
  void aQuestionWaitsOverRestartsAndADecisionSurvivesACrash() {
    bench.apply("pipelines/p.yaml", ASKS);
    var run = bench.start("asks");
    var first = waiting(run.id());
    bench.pipelines.close();
    bench.reopen();
    bench.reopen();
    assertThat(waiting(run.id())).isEqualTo(first);
    assertThat(bench.pipelines.run(run.id()).step("sign").state()).isEqualTo(StepState.WAITING);
    bench.pipelines.pause(run.id());
    bench.pipelines.decide(run.id(), "sign", true, "ana", "");
    bench.reopen();
    assertThat(bench.pipelines.run(run.id()).step("sign").state()).isEqualTo(StepState.WAITING);
    bench.pipelines.resume(run.id(), null, false);
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(Bench.attempts(ended.step("sign"))).isEqualTo("ran");
  }

  @Test
  void aCancelledQuestionIsWithdrawnAndAskedAgainWhenTheRunIsResumed() {
    bench.apply("pipelines/p.yaml", ASKS);
    var run = bench.start("asks");
    waiting(run.id());
    bench.pipelines.cancel(run.id());
    var cancelled = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(cancelled.step("sign").state()).isEqualTo(StepState.CANCELLED);
    assertThat(bench.pipelines.approvals()).isEmpty();
    assertThatThrownBy(() -> bench.pipelines.decide(run.id(), "sign", true, "ana", ""))
        .isInstanceOf(NotFound.class);
    bench.pipelines.resume(run.id(), null, false);
    waiting(run.id());
    assertThat(decided(run.id(), true, "").state()).isEqualTo(RunState.SUCCEEDED);
    var executions =
        bench.database.read(s -> bench.metadata.executions(s, "pipeline_run", run.id()));
    assertThat(executions)
        .filteredOn(e -> e.name().equals("asks.sign"))
        .extracting(e -> e.state())
        .containsExactly(ExecutionState.CANCELLED, ExecutionState.COMPLETE);
  }

  @Test
  void whatNobodyDecidesInTimeComesToWhatThePipelineSays() {
    for (var otherwise : new String[] {"approve", "reject"}) {
      bench.apply(
          "pipelines/p.yaml",
          ASKS.replace(
              "\"Ship",
              "x, within-minutes: 0.001, otherwise: "
                  + otherwise
                  + " }, if: true, needs: [score] }\n  # \""));
      var ended = bench.run("asks");
      assertThat(ended.step("ship").state())
          .isEqualTo(otherwise.equals("approve") ? StepState.RAN : StepState.SKIPPED);
      assertThat(ended.step("sign").summary())
          .isNotNull()
          .hasToString(
              otherwise.equals("approve")
                  ? "{\"decision\":\"approved by the pipeline\",\"comment\":\"nobody decided in time\"}"
                  : "{\"decision\":\"rejected by the pipeline\",\"comment\":\"nobody decided in time\",\"outcome\":\"rejected by the pipeline\"}");
    }
  }

  @Test
  void anApprovalIsWrittenAsTheGuideSays() {
    var wrong =
        new String[][] {
          {"{ approval: { } }", "ask"},
          {"{ approval: { ask: \"\" } }", "the question is empty"},
          {
            "{ approval: { ask: x, otherwise: maybe } }",
            "otherwise: got \"maybe\", expected reject or approve"
          },
          {"{ approval: { ask: x, within-minutes: 999999 } }", "at most 129600 (90 days)"},
          {"{ approval: { ask: x }, uses: core/noop }", "a step has one of"},
          {"{ approval: { ask: x }, retry: {} }", "\"retry\" does not go with approval"},
          {"{ approval: { ask: x }, with: { ask: y } }", "the input \"ask\" is the question's own"},
        };
    for (var each : wrong)
      assertThatThrownBy(
              () -> bench.apply("pipelines/p.yaml", "name: p\nsteps:\n  a: " + each[0] + "\n"))
          .hasMessageContaining(each[1]);
  }
}
