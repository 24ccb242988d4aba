package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Unsupported;
import io.millrace.data.DatasetSampler;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTestsTest {
  private static final String TEST =
      """
      test:
        params: { least: 20 }
        sample: { people: { rows: 4 } }
        expect:
          - steps.adults.summary.rows == 3
          - steps.label.outputs.value == 11 && params.least == 20
          - steps.publish.state == "skipped"
      """;

  @TempDir Path folder;
  private PlanBench bench;
  private PipelineTests tests;

  @BeforeEach
  void open() {
    bench = new PlanBench(folder);
    bench.register("people", PlanBench.PEOPLE);
    bench.register("cities", PlanBench.CITIES);
    tests = new PipelineTests(bench.pipelines, new DatasetSampler(bench.artifacts, bench.datasets));
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static TreeMap<String, String> texts(String test) {
    var texts = PlanBench.texts();
    texts.put("pipelines/small.yaml", PlanBench.PIPELINE + test);
    return texts;
  }

  private PipelineTests.Outcome test(TreeMap<String, String> texts) {
    var run = tests.start(PlanBench.files(texts), null).getFirst().run();
    bench.pipelines.await(run, Bench.LONG);
    return tests.outcome(run);
  }

  @Test
  void aTestRunsOnItsSampleAndChecksWhatItExpects() {
    var outcome = test(texts(TEST));
    assertThat(outcome.expectations()).allMatch(PipelineTests.Checked::passed);
    assertThat(outcome.passed()).isTrue();
    assertThat(outcome.pipeline()).isEqualTo("small");
    var first = outcome.expectations().getFirst();
    assertThat(first.place()).startsWith("pipelines/small.yaml:");
    assertThat(first.values()).hasToString("{steps.adults.summary.rows=3}");
  }

  @Test
  void whatIsNotAsExpectedFailsWithItsValues() {
    var outcome = test(texts(TEST.replace("rows == 3", "rows == 4")));
    assertThat(outcome.passed()).isFalse();
    assertThat(outcome.expectations())
        .extracting(PipelineTests.Checked::passed)
        .containsExactly(false, true, true);
    var wrong = test(texts(TEST.replace("summary.rows == 3", "summary.lines == 3")));
    assertThat(wrong.passed()).isFalse();
    assertThat(wrong.expectations().getFirst().error()).contains("lines");
  }

  @Test
  void aTestHasNoEffectsLeavesNoTraceInTheCacheAndIsNoRunOfThePipeline() {
    bench.definitions.apply(PlanBench.files(texts(TEST)));
    assertThat(test(texts(TEST)).passed()).isTrue();
    assertThat(bench.pipelines.runs("small")).isEmpty();
    var run = bench.run();
    assertThat(PlanBench.byState(run).keySet()).containsExactly(StepState.RAN);
    assertThat(run.step("publish").outputs().path("version").asText()).isEqualTo("people/1");
    // A second test finds the first one's results, in the tests' own part of the cache.
    var again = tests.start(PlanBench.files(texts(TEST)), "small").getFirst().run();
    assertThat(PlanBench.byState(bench.pipelines.await(again, Bench.LONG)).keySet())
        .containsExactlyInAnyOrder(StepState.CACHED, StepState.SKIPPED);
    assertThat(bench.metadata.lineage("people/1", io.millrace.metadata.Direction.UP, 1).artifacts())
        .isNotEmpty();
  }

  @Test
  void aFileOfTheProjectStandsForADatasetThatIsNotHereYet() {
    var texts =
        texts(
            TEST.replace("{ rows: 4 }", "{ file: tests/people.csv }, cities: { fraction: 0.9 }")
                .replace("== 3", "== 1"));
    texts.put("tests/people.csv", "id,name,age,city\n1,Ada,36,1\n2,Bob,19,2\n");
    texts.put("queries/adults.sql", "select id, age, city from people where age >= $least");
    assertThat(bench.pipelines.kind().patterns(PlanBench.files(texts)))
        .contains("tests/people.csv");
    var outcome = test(texts);
    assertThat(outcome.expectations().getFirst().values())
        .hasToString("{steps.adults.summary.rows=1}");
  }

  @Test
  void anEndedServersTestGoesOnWithTheNextOne() {
    var run = tests.start(PlanBench.files(texts(TEST)), null).getFirst().run();
    bench.close();
    bench = new PlanBench(folder);
    bench.pipelines.takeUp();
    tests = new PipelineTests(bench.pipelines, new DatasetSampler(bench.artifacts, bench.datasets));
    bench.pipelines.await(run, Bench.LONG);
    assertThat(tests.outcome(run).passed()).isTrue();
  }

  @Test
  void mistakesAreToldWithTheirPlace() {
    refused(TEST.replace("rows: 4", "rows: 0"), "rows: got 0, expected 1 to 1,000,000");
    refused(TEST.replace("{ rows: 4 }", "{ rows: 4, fraction: 0.5 }"), "expected one of");
    refused(TEST.replace("least: 20", "last: 20"), "did you mean \"least\"");
    refused(TEST.replace("steps.adults", "steps.adult"), "the pipeline has no step \"adult\"");
    refused(TEST.replace("== 3", "=== 3"), "pipelines/small.yaml:");
    refused(TEST.replace("people:", "persons:"), "sample of persons");
    refused("test: { sample: {} }\n", "expect");
    assertThatThrownBy(() -> tests.start(PlanBench.files(PlanBench.texts()), null))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("declares a test");
    assertThatThrownBy(() -> tests.start(PlanBench.files(texts(TEST)), "smal"))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("small");
  }

  private void refused(String test, String message) {
    assertThatThrownBy(() -> tests.start(PlanBench.files(texts(test)), null))
        .isNotInstanceOf(Unsupported.class)
        .hasMessageContaining("pipelines/small.yaml:")
        .hasMessageContaining(message);
  }
}
