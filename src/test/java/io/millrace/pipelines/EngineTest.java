package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {
  private static final String CHAIN =
      """
      name: chain
      params:
        a: { type: text, default: alpha }
        b: { type: text, default: beta }
        letters: { type: integer, default: 100 }
      steps:
        one:  { uses: test/make, with: { text: "${{ params.a }}", letters: "${{ params.letters }}" } }
        two:  { uses: test/make, with: { text: "${{ params.b }}" } }
        mix:  { uses: test/mix, with: { first: "${{ steps.one.outputs.report }}", second: "${{ steps.two.outputs.report }}" } }
        last: { uses: test/mix, with: { first: "${{ steps.mix.outputs.report }}" } }
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
  void aRunRepeatedDoesNoWorkTwice() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    assertThat(Bench.states(bench.run("chain"))).isEqualTo("one=ran two=ran mix=ran last=ran");
    var again = bench.run("chain");
    assertThat(again.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(Bench.states(again)).isEqualTo("one=cached two=cached mix=cached last=cached");
    assertThat(bench.worked).hasSize(4);
  }

  @Test
  void factsKeepTheirOrderInTheCache() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    var ran = bench.run("chain").step("one").summary().toString();
    assertThat(ran).isEqualTo("{\"rows\":1,\"bytes\":1,\"nulls\":1,\"auc\":1,\"zeros\":1}");
    assertThat(bench.run("chain").step("one").summary()).hasToString(ran);
  }

  @Test
  void aLogThatCannotBeWrittenDoesNotHideWhyAStepFailed() throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve("work")).resolve("logs"), "no folder");
    bench.apply("pipelines/p.yaml", "name: sour\nsteps:\n  milk: { uses: test/fail }\n");
    var run = bench.run("sour");
    assertThat(run.step("milk").state()).isEqualTo(StepState.FAILED);
    assertThat(run.step("milk").error()).isEqualTo("the milk is sour; buy new milk");
    assertThat(run.error()).isEqualTo("step milk: the milk is sour; buy new milk");
  }

  @Test
  void oneChangedParameterRunsExactlyWhatDependsOnIt() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    assertThat(Bench.states(bench.run("chain", "b", "gamma")))
        .isEqualTo("one=cached two=ran mix=ran last=ran");
  }

  @Test
  void equalOutputsCutTheWorkShort() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    assertThat(Bench.states(bench.run("chain", "letters", "99")))
        .isEqualTo("one=ran two=cached mix=cached last=cached");
  }

  @Test
  void namesAndTimeoutsAreNoPartOfTheKey() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    bench.apply(
        "pipelines/chain.yaml",
        CHAIN
            .replace("name: chain", "name: other")
            .replace("one", "uno")
            .replace("{ uses: test/make, with", "{ timeout-minutes: 3, uses: test/make, with"));
    assertThat(Bench.states(bench.run("other")))
        .isEqualTo("uno=cached two=cached mix=cached last=cached");
  }

  @Test
  void anotherProgramDoesTheWorkAgain() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    bench.program = "program-2";
    bench.reopen();
    assertThat(Bench.states(bench.run("chain"))).isEqualTo("one=ran two=ran mix=ran last=ran");
  }

  @Test
  void aMissingBlobIsAMiss() throws IOException {
    bench.apply("pipelines/chain.yaml", CHAIN);
    var digest =
        new Digest(bench.run("chain").step("one").outputs().path("report").path("digest").asText());
    Files.delete(new Artifacts(folder.resolve("artifacts")).file(digest));
    assertThat(Bench.states(bench.run("chain")))
        .isEqualTo("one=ran two=cached mix=cached last=cached");
  }

  @Test
  void aChangedFileIsAnotherKeyAndAMovedOneIsNot() {
    var pipeline =
        "name: files\nsteps:\n  make: { uses: test/make, with: { file: queries/a.sql } }\n";
    bench.apply("pipelines/p.yaml", pipeline, "queries/a.sql", "select 1");
    bench.run("files");
    bench.apply(
        "pipelines/p.yaml", pipeline.replace("a.sql", "b.sql"), "queries/b.sql", "select 1");
    assertThat(Bench.states(bench.run("files"))).isEqualTo("make=cached");
    bench.apply("pipelines/p.yaml", pipeline, "queries/a.sql", "select 2");
    assertThat(Bench.states(bench.run("files"))).isEqualTo("make=ran");
  }

  @Test
  void withoutTheCacheEverythingRunsAndIsKept() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    var run =
        bench.pipelines.await(
            bench.pipelines.start("chain", java.util.Map.of(), false).id(), Bench.LONG);
    assertThat(Bench.states(run)).isEqualTo("one=ran two=ran mix=ran last=ran");
  }

  @Test
  void anEffectThatStandsIsCachedAndOneThatIsGoneIsMadeTrueAgain() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: flags
        steps:
          raise: { uses: test/flag, with: { name: blue } }
          read:  { uses: test/make, with: { text: "${{ steps.raise.outputs.text }}" } }
        """);
    var first = bench.run("flags");
    assertThat(first.step("raise").outputs()).isEqualTo(Json.parse("{\"text\":\"up blue\"}"));
    assertThat(Bench.states(bench.run("flags"))).isEqualTo("raise=cached read=cached");
    bench.flags.clear();
    assertThat(Bench.states(bench.run("flags"))).isEqualTo("raise=ran read=cached");
    assertThat(bench.flags).containsExactly("blue");
    assertThat(bench.worked).containsExactly("raise", "read");
  }

  @Test
  void anEffectThatIsRefusedLeavesNothingOfItsStep() {
    bench.apply(
        "pipelines/p.yaml",
        "name: broken\nsteps:\n  raise: { uses: test/flag, with: { name: broken } }\n");
    var run = bench.run("broken");
    assertThat(run.error()).isEqualTo("step raise: the flag is broken; mend it");
    bench.run("broken");
    assertThat(bench.worked).hasSize(2);
  }

  @Test
  void aFailureSkipsWhatNeedsItAndNothingElse() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: failing
        steps:
          bad:   { uses: test/fail }
          below: { uses: core/noop, needs: [bad] }
          apart: { uses: test/make, with: { text: x } }
        """);
    var run = bench.run("failing");
    assertThat(Bench.states(run)).isEqualTo("bad=failed below=skipped apart=ran");
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThat(run.error()).isEqualTo("step bad: the milk is sour; buy new milk");
    assertThat(run.step("below").error()).isEqualTo("it needs bad, which failed");
  }

  @Test
  void aGateThatFailsSkipsWhatDependsOnItAndTheRunSucceeds() {
    bench.apply(
        "pipelines/p.yaml",
        """
        name: gated
        params: { pass: { type: boolean } }
        steps:
          gate:     { uses: test/gate, with: { pass: "${{ params.pass }}" } }
          register: { if: "${{ steps.gate.outputs.pass }}", uses: core/value, with: { value: 1 } }
          deploy:   { uses: core/value, with: { value: ["${{ steps.register.outputs.value }}"] } }
        """);
    var kept = bench.run("gated", "pass", "false");
    assertThat(kept.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(kept.outcome()).isEqualTo("kept champion");
    assertThat(Bench.states(kept)).isEqualTo("gate=ran register=skipped deploy=skipped");
    assertThat(Bench.states(bench.run("gated", "pass", "true")))
        .isEqualTo("gate=ran register=ran deploy=ran");
    assertThatThrownBy(() -> bench.run("gated"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "parameter \"pass\" (boolean) of pipeline gated has no default; give it, as --param pass=VALUE");
    assertThatThrownBy(() -> bench.run("gated", "pass", "maybe"))
        .hasMessage("parameter pass: got \"maybe\", expected true or false");
    assertThatThrownBy(() -> bench.run("gated", "pas", "true"))
        .hasMessage("pipeline gated has no parameter \"pas\"; did you mean \"pass\"?");
    assertThatThrownBy(() -> bench.run("gate"))
        .isInstanceOf(NotFound.class)
        .hasMessage("no pipeline \"gate\"; did you mean \"gated\"?");
  }

  @Test
  void independentStepsWorkAtTheSameTime() {
    org.junit.jupiter.api.Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1);
    bench.apply(
        "pipelines/p.yaml",
        "name: meet\nsteps:\n  a: { uses: test/meet, with: { who: a } }\n  b: { uses: test/meet, with: { who: b } }\n");
    assertThat(Bench.states(bench.run("meet"))).isEqualTo("a=ran b=ran");
  }

  @Test
  void twoStepsOfOneKeyAreDoneOnce() throws InterruptedException {
    bench.apply(
        "pipelines/p.yaml",
        "name: twins\nsteps:\n  a: { uses: test/hold }\n  b: { uses: test/hold }\n");
    var run = bench.start("twins");
    bench.held.await();
    bench.release.countDown();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isIn("a=ran b=cached", "a=cached b=ran");
    assertThat(bench.worked).hasSize(1);
  }

  @Test
  void cancellingTellsTheStepAndEndsTheRun() throws InterruptedException {
    bench.apply(
        "pipelines/p.yaml",
        "name: long\nsteps:\n  hold: { uses: test/hold }\n  below: { uses: core/noop, needs: hold }\n");
    var run = bench.start("long");
    bench.held.await();
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.state()).isEqualTo(RunState.CANCELLED);
    assertThat(Bench.states(ended)).isEqualTo("hold=cancelled below=cancelled");
    assertThat(bench.told).isTrue();
    assertThat(folder.resolve("work/attempts").resolve(run.id()).resolve("hold-1")).doesNotExist();
    assertThatThrownBy(() -> bench.pipelines.cancel(run.id()))
        .isInstanceOf(Conflict.class)
        .hasMessage("run %s has already ended: cancelled".formatted(run.id()));
  }

  @Test
  void aStepThatTakesTooLongFails() {
    bench.apply(
        "pipelines/p.yaml",
        "name: slow\nsteps:\n  hold: { uses: test/hold, timeout-minutes: 0.002 }\n");
    assertThat(bench.run("slow").error())
        .isEqualTo("step hold: it took longer than its timeout-minutes allow (0.12 s)");
  }

  @Test
  void eventsAreWaitedForAndLogsKept() throws InterruptedException {
    bench.apply(
        "pipelines/p.yaml",
        "name: long\nsteps:\n  make: { uses: test/make, with: { text: hello } }\n  hold: { uses: test/hold, needs: make }\n");
    var run = bench.start("long");
    bench.held.await();
    var seen = bench.pipelines.events(run.id(), 0);
    assertThat(seen.events())
        .extracting(RunEvent::message)
        .contains("running: long, 2 steps", "ran", "holding");
    long last = seen.events().getLast().seq();
    bench.release.countDown();
    assertThat(bench.pipelines.events(run.id(), last, Duration.ofSeconds(30)).events())
        .isNotEmpty();
    bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(bench.pipelines.log(run.id(), "make")).endsWith("made hello\n");
    assertThat(bench.noted).containsExactly("make text=hello", "make closed true");
    assertThatThrownBy(() -> bench.pipelines.log(run.id(), "../hold")).isInstanceOf(NotFound.class);
  }

  @Test
  void everythingIsInTheGraph() {
    bench.apply("pipelines/chain.yaml", CHAIN);
    bench.run("chain");
    var last =
        bench.database.read(
            s -> bench.metadata.named(s, ArtifactType.REPORT, "chain.last.report").orElseThrow());
    var lineage = bench.metadata.lineage(last.id().toString(), Direction.UP, 10);
    assertThat(lineage.executions())
        .extracting(e -> e.name())
        .containsExactlyInAnyOrder("chain.one", "chain.two", "chain.mix", "chain.last");
    assertThat(lineage.artifacts())
        .extracting(a -> a.name())
        .contains("chain.one.report", "pipelines/chain.yaml", "chain.one");
  }
}
