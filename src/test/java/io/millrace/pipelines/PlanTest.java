package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import io.millrace.definitions.ProjectFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanTest {
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

  private PipelinePlan edited(String from, String to) {
    var texts = PlanBench.texts();
    texts.computeIfPresent("pipelines/small.yaml", (_, text) -> text.replace(from, to));
    return bench.plans.plan(PlanBench.files(texts)).getFirst();
  }

  private static StepPlan step(PipelinePlan plan, String name) {
    return plan.steps().stream().filter(s -> s.step().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void whatNeverRanMustRun() {
    var plan = edited("x", "x");
    assertThat(step(plan, "adults").because())
        .containsExactly("no run of this pipeline came to it yet");
    assertThat(step(plan, "check").verdict()).isEqualTo(Verdict.CONDITIONAL);
    assertThat(step(plan, "adults").seconds()).isNull();
  }

  @Test
  void eachLineHasItsChainOfReasonsAndItsCost() {
    bench.run();
    var plan = edited("default: 30", "default: 40");
    var adults = step(plan, "adults");
    assertThat(adults.verdict()).isEqualTo(Verdict.MUST_RUN);
    assertThat(adults.because()).containsExactly("value values.least: 30 -> 40");
    assertThat(step(plan, "split").because())
        .containsExactly(adults.because().getFirst(), "adults runs", "check may run");
    assertThat(plan.seconds()).isPositive().isLessThan(plan.mostSeconds());
  }

  @Test
  void modelsEndpointsKpisAndOwnersAreNamed() {
    bench.run();
    var touches = edited("default: 30", "default: 40").touches();
    assertThat(touches.stream().map(t -> t.kind() + " " + t.name()))
        .containsExactly(
            "model people/1", "endpoint front", "kpi retention", "owner ana@example.org");
    var endpoint = touches.get(1);
    assertThat(endpoint.share()).isEqualTo(1);
    assertThat(endpoint.detail()).isEqualTo("serves people/1");
    assertThat(endpoint.because())
        .endsWith("split may run", "publish may run", "model people", "endpoint front");
    assertThat(edited("default: 7", "default: 9").touches().stream().map(t -> t.kind()))
        .containsExactly("kpi", "owner");
    assertThat(edited("x", "x").touches()).isEmpty();
  }

  @Test
  void aStepBelowAnUndecidedConditionIsConditional() {
    bench.run();
    var plan =
        edited(
            "if: \"${{ steps.gate.outputs.value }}\"",
            "if: \"${{ steps.seed.outputs.value > 8 }}\"");
    assertThat(step(plan, "extra").verdict()).isEqualTo(Verdict.SKIPPED);
    var texts = PlanBench.texts();
    texts.computeIfPresent(
        "pipelines/small.yaml",
        (_, text) ->
            text.replace("steps.gate.outputs.value", "steps.seed.outputs.value > 8")
                .replace("default: 7", "default: 9"));
    var open = bench.plans.plan(PlanBench.files(texts)).getFirst();
    assertThat(step(open, "extra").verdict()).isEqualTo(Verdict.CONDITIONAL);
    assertThat(step(open, "after").verdict()).isEqualTo(Verdict.CONDITIONAL);
    assertThat(step(open, "label").verdict()).isEqualTo(Verdict.CONDITIONAL);
  }

  @Test
  void aParameterWithoutADefaultHasTheLastRunsValueOrIsUnknown() {
    var texts = PlanBench.texts();
    texts.computeIfPresent(
        "pipelines/small.yaml",
        (_, text) -> text.replace("type: integer, default: 7", "type: integer"));
    bench.definitions.apply(PlanBench.files(texts));
    var unknown = bench.plans.plan(PlanBench.files(texts)).getFirst();
    assertThat(step(unknown, "seed").verdict()).isEqualTo(Verdict.UNKNOWN);
    assertThat(step(unknown, "seed").because())
        .containsExactly("parameter seed has no default: each run is given one");
    assertThat(step(unknown, "label").verdict()).isEqualTo(Verdict.UNKNOWN);
    bench.run(Map.of("seed", Json.tree(5)));
    assertThat(bench.planned(texts).keySet()).containsExactly(Verdict.UNAFFECTED);
  }

  @Test
  void dataThatAProjectsFilesChangeMakesItsReadersConditional() {
    var texts = new TreeMap<String, String>();
    texts.put("millrace.yaml", "name: files\n");
    texts.put("datasets/sales.yaml", "source: sales.csv\n");
    texts.put("queries/sales.sql", "select * from sales");
    texts.put(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  q: { uses: data/query, with: { sql: queries/sales.sql, datasets: [sales] } }\n");
    var first = files(texts, "day,sold\n1,2\n");
    var fresh = bench.plans.plan(first).getFirst().steps().getFirst();
    assertThat(fresh.verdict()).isEqualTo(Verdict.CONDITIONAL);
    assertThat(fresh.because()).containsExactly("dataset sales is new");
    bench.definitions.apply(first);
    bench.pipelines.await(bench.pipelines.start("p", Map.of(), true).id(), Bench.LONG);
    assertThat(bench.plans.plan(first).getFirst().steps().getFirst().verdict())
        .isEqualTo(Verdict.UNAFFECTED);
    var other = bench.plans.plan(files(texts, "day,sold\n1,3\n")).getFirst().steps().getFirst();
    assertThat(other.verdict()).isEqualTo(Verdict.CONDITIONAL);
    assertThat(other.because()).containsExactly("dataset sales: its data changed");
  }

  private ProjectFiles files(SortedMap<String, String> texts, String csv) {
    var blob = bench.artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    return new ProjectFiles(
        "files",
        texts,
        new TreeMap<>(Map.of("datasets/sales.yaml", new TreeMap<>(Map.of("sales.csv", blob)))));
  }
}
