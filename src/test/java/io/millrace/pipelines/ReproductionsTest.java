package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.base.Conflict;
import io.millrace.pipelines.Reproduction.Likeness;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReproductionsTest {
  @TempDir Path folder;
  private PlanBench bench;
  private PipelineRun run;

  @BeforeEach
  void open() {
    bench = new PlanBench(folder);
    bench.register("people", PlanBench.PEOPLE);
    bench.register("cities", PlanBench.CITIES);
    bench.definitions.apply(PlanBench.files(PlanBench.texts()));
    run = bench.run();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private Reproduction reproduce() {
    return new Reproductions(bench.pipelines).reproduce(run.id(), "publish");
  }

  @Test
  void theDataOfThatTimeIsReadThoughThereIsNewer() {
    bench.register("people", PlanBench.PEOPLE + "7,Gus,70,1\n");
    assertThat(reproduce().steps())
        .extracting(Reproduction.Redone::step, Reproduction.Redone::likeness)
        .containsExactly(
            tuple("adults", Likeness.BIT_EQUAL),
            tuple("check", Likeness.BIT_EQUAL),
            tuple("split", Likeness.BIT_EQUAL));
    assertThat(PlanBench.byState(run).get(StepState.RAN)).contains("adults");
  }

  @Test
  void aStepThatCameFromTheCacheIsDoneAgainToo() {
    run = bench.run();
    assertThat(PlanBench.byState(run).keySet()).containsExactly(StepState.CACHED);
    assertThat(reproduce().steps()).hasSize(3);
  }

  @Test
  void aFileThatIsAnotherNowIsMissed() {
    var texts = PlanBench.texts();
    texts.put("queries/adults.sql", "select id, age, city from people where age > $least");
    bench.definitions.apply(PlanBench.files(texts));
    assertThatThrownBy(this::reproduce)
        .isInstanceOf(Conflict.class)
        .hasMessageStartingWith(
            "cannot do step adults again: no project has its file \"sql\" as it was then");
  }

  @Test
  void anotherProgramIsNoted() {
    bench.close();
    bench = new PlanBench(folder, "program-2");
    assertThat(reproduce().notes())
        .containsExactly("the program was another: program-1, now program-2");
  }
}
