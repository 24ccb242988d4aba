package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.pipelines.RunDifference.Area;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainTest {
  @TempDir Path folder;
  private PlanBench bench;

  @BeforeEach
  void open() {
    bench = new PlanBench(folder);
    bench.register("people", PlanBench.PEOPLE);
    bench.register("cities", PlanBench.CITIES);
    bench.definitions.apply(PlanBench.files(PlanBench.texts()));
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private StepExplanation explain(PipelineRun run, String step) {
    return bench.explanations.explain(run.id()).stream()
        .filter(e -> e.step().equals(step))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> texts(StepExplanation explanation) {
    return explanation.changes().stream().map(KeyChange::text).toList();
  }

  @Test
  void aHitNamesTheStepThatMadeTheResult() {
    var first = bench.run();
    bench.run();
    var hit = explain(bench.run(), "adults");
    assertThat(hit.cache()).isEqualTo(StepExplanation.Cache.HIT);
    assertThat(hit.from()).isEqualTo(new StepExplanation.Origin(first.id(), "adults"));
    var again = explain(first, "adults");
    assertThat(again.cache()).isEqualTo(StepExplanation.Cache.MISS);
    assertThat(again.reason()).isEqualTo("no earlier run of this pipeline came to this step");
  }

  @Test
  void aHitIsToldOfTheRunThatMadeItThoughAnotherReplacedIt() {
    var first = bench.run();
    var second = bench.run();
    bench.pipelines.await(bench.pipelines.start("small", Map.of(), false).id(), Bench.LONG);
    assertThat(explain(second, "adults").from())
        .isEqualTo(new StepExplanation.Origin(first.id(), "adults"));
  }

  @Test
  void aMissNamesWhatChanged() {
    var first = bench.run();
    bench.register("people", PlanBench.PEOPLE + "7,Gus,70,1\n");
    var texts = PlanBench.texts();
    texts.put("queries/adults.sql", "select id, age, city from people where age > $least");
    bench.definitions.apply(PlanBench.files(texts));
    var run = bench.run(Map.of("least", Json.tree(20)));
    var adults = explain(run, "adults");
    assertThat(adults.cache()).isEqualTo(StepExplanation.Cache.MISS);
    assertThat(adults.against()).isEqualTo(first.id());
    assertThat(texts(adults))
        .hasSize(3)
        .anyMatch(t -> t.equals("value values.least: 30 -> 20"))
        .anyMatch(t -> t.startsWith("file sql (queries/adults.sql): "))
        .anyMatch(t -> t.startsWith("pin people (people/1 -> people/2): "));
    assertThat(texts(explain(run, "check")))
        .singleElement()
        .asString()
        .startsWith("artifact data (made by adults.data): ");
    assertThat(explain(run, "seed").cache()).isEqualTo(StepExplanation.Cache.HIT);
  }

  @Test
  void anotherProgramIsNamed() {
    bench.run();
    bench.close();
    bench = new PlanBench(folder, "program-2");
    assertThat(texts(explain(bench.run(), "seed")))
        .containsExactly("program: program-1 -> program-2");
  }

  @Test
  void aMissWithoutAChangeSaysWhy() throws IOException {
    var first = bench.run();
    var run =
        bench.pipelines.await(bench.pipelines.start("small", Map.of(), false).id(), Bench.LONG);
    assertThat(explain(run, "seed").reason())
        .isEqualTo("the run was told to use no cache; its key is that of run " + first.id());
    var data = run.step("adults").outputs();
    assertThat(data).isNotNull();
    Files.delete(bench.artifacts.file(new Digest(data.path("data").path("digest").asText())));
    assertThat(explain(bench.run(), "adults").reason())
        .endsWith("what it made was not whole in the store any more");
  }

  @Test
  void whatWasSkippedWasNotAsked() {
    var run = bench.run(Map.of("on", Json.tree(false)));
    assertThat(explain(run, "extra").cache()).isEqualTo(StepExplanation.Cache.NONE);
    assertThat(explain(run, "extra").reason()).isEqualTo("its condition is false");
    assertThat(explain(run, "after").reason()).isEqualTo("it needs extra, which was skipped");
  }

  @Test
  void twoRunsDifferInWhatWentInAndWhatCameOut() {
    var a = bench.run();
    bench.register("people", PlanBench.PEOPLE + "7,Gus,70,1\n");
    var b = bench.run(Map.of("seed", Json.tree(9)));
    assertThat(bench.explanations.diff(a.id(), a.id()).differences()).isEmpty();
    var differences = bench.explanations.diff(a.id(), b.id()).differences();
    assertThat(differences)
        .extracting(e -> e.area() + " " + e.step() + " " + e.name())
        .contains(
            "PARAM  seed", "DATA adults pin people", "DATA adults data", "KEY seed value value")
        .doesNotContain("CODE  definition");
    assertThat(differences).noneMatch(e -> e.area() == Area.STEP);
  }
}
