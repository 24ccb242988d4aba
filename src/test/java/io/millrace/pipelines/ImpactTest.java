package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImpactTest {
  @TempDir Path folder;
  private PlanBench bench;

  @BeforeEach
  void open() {
    bench = new PlanBench(folder);
    bench.register("people", PlanBench.PEOPLE);
    bench.register("cities", PlanBench.CITIES);
    bench.definitions.apply(PlanBench.files(PlanBench.texts()));
    bench.run();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /** As "adults=must_run check=conditional". */
  private String impact(String node) {
    var all = new ArrayList<String>();
    for (var pipeline : bench.plans.impact(node).pipelines())
      for (var step : pipeline.steps()) all.add(step.step() + "=" + step.verdict().text());
    return String.join(" ", all);
  }

  private StepPlan step(String node, String name) {
    return bench.plans.impact(node).pipelines().getFirst().steps().stream()
        .filter(s -> s.step().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aDatasetReachesAllThatReadsIt() {
    assertThat(impact("dataset:people"))
        .isEqualTo(
            "adults=must_run names=must_run check=conditional split=conditional publish=conditional");
    assertThat(impact("dataset:cities")).isEqualTo("cities=must_run");
    var touches = bench.plans.impact("dataset:people").pipelines().getFirst().touches();
    assertThat(touches.stream().map(t -> t.kind() + " " + t.name()))
        .containsExactly(
            "model people/1", "endpoint front", "kpi retention", "owner ana@example.org");
    assertThat(touches.get(1).because())
        .containsExactly(
            "dataset people changes",
            "adults runs",
            "check may run",
            "split may run",
            "publish may run",
            "model people",
            "endpoint front");
    assertThat(bench.plans.impact("dataset:people").seconds()).isPositive();
  }

  @Test
  void aColumnStopsAtAQueryThatDoesNotReadIt() {
    assertThat(impact("column:people.name")).isEqualTo("adults=must_run names=must_run");
    assertThat(step("column:people.name", "adults").because())
        .endsWith("it reads the dataset but not the column: what it gives stays");
    assertThat(impact("column:people.age"))
        .isEqualTo(
            "adults=must_run names=must_run check=conditional split=conditional publish=conditional");
    assertThat(step("column:people.age", "names").because())
        .endsWith("it reads the dataset but not the column: what it gives stays");
    assertThat(step("column:cities.city", "cities").because()).endsWith("it reads the column");
  }

  @Test
  void whereTheColumnCannotBeFollowedItIsTakenAsRead() {
    var texts = PlanBench.texts();
    texts.put("queries/adults.sql", "select p.id, p as whole from people p where 1 < $least");
    bench.definitions.apply(PlanBench.files(texts));
    assertThat(step("column:people.name", "adults").because())
        .endsWith("unknown whether it reads the column: taken as if it did");
    assertThat(impact("column:people.name")).contains("publish=conditional");
  }

  @Test
  void aParameterReachesWhatUsesIt() {
    assertThat(impact("param:small.least"))
        .isEqualTo("adults=must_run check=conditional split=conditional publish=conditional");
    assertThat(impact("param:small.unused")).isEmpty();
    assertThat(impact("param:small.on")).isEqualTo("gate=must_run extra=conditional");
    assertThat(impact("param:small.seed"))
        .isEqualTo("seed=must_run parity=conditional label=conditional");
  }

  @Test
  void stepsComponentsFilesAndTheProgramReachTheirs() {
    assertThat(impact("step:small.check"))
        .isEqualTo("check=must_run split=conditional publish=conditional");
    assertThat(impact("component:data/validate")).isEqualTo(impact("step:small.check"));
    assertThat(impact("component:core/noop")).isEmpty();
    assertThat(impact("file:town/queries/names.sql")).isEqualTo("names=must_run");
    assertThat(impact("file:town/queries/idle.sql")).isEmpty();
    assertThat(impact("file:town/contracts/adults.yaml")).isEqualTo(impact("step:small.check"));
    assertThat(impact("library:program").split(" "))
        .hasSize(12)
        .allMatch(step -> step.endsWith("=must_run"));
    assertThat(impact("file:town/pipelines/small.yaml").split(" "))
        .hasSize(12)
        .allMatch(step -> step.endsWith("=unknown"));
  }

  @Test
  void whatTheImpactNamesIsWhatRuns() {
    bench.register("people", PlanBench.PEOPLE.replace("Ada", "Ann"));
    var run = bench.run();
    assertThat(PlanBench.byState(run).get(StepState.RAN))
        .containsExactlyElementsOf(List.of("adults", "names"));
  }

  @Test
  void whatDoesNotExistIsRefused() {
    assertThatThrownBy(() -> impact("dataset:peple"))
        .isInstanceOf(NotFound.class)
        .hasMessage("no dataset \"peple\"; did you mean \"people\"?");
    assertThatThrownBy(() -> impact("column:people.agee"))
        .isInstanceOf(NotFound.class)
        .hasMessage("dataset people has no column \"agee\"; did you mean \"age\"?");
    assertThatThrownBy(() -> impact("param:small.leest")).isInstanceOf(NotFound.class);
    assertThatThrownBy(() -> impact("people"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("expected dataset:NAME");
    assertThatThrownBy(() -> impact("step:small"))
        .hasMessage("node: got \"step:small\", expected step:PIPELINE.STEP");
  }
}
