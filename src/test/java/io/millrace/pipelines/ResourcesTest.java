package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps wait for what they take, say so, and are refused what can never be given. */
@Timeout(120)
class ResourcesTest {
  @TempDir Path folder;
  private Bench bench;

  @BeforeEach
  void open() {
    bench = new Bench(folder);
    restart("gpu=1,cpu=4,memory=1Gi");
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void restart(String pools) {
    bench.capacities = Capacities.of(pools);
    bench.pipelines.close();
    bench.reopen();
  }

  private void apply(String name, String step) {
    bench.apply(
        "pipelines/p.yaml",
        "name: %s\nsteps:\n  s: %s\n".formatted(name, step),
        "components/gpu/component.yaml",
        "name: gpu\nversion: '1'\nmeaning: Takes a GPU.\nrun: 'true'\nresources: { pools: { gpu: 1 } }\n");
  }

  private String untilGo(String file) {
    return "run: 'until test -e %s; do sleep 0.05; done'".formatted(folder.resolve(file));
  }

  private String awaitMissing(String run) {
    long deadline = System.nanoTime() + Bench.LONG.toNanos();
    while (System.nanoTime() < deadline) {
      var missing = bench.pipelines.run(run).step("s").waitsFor();
      if (missing != null) return missing;
      Thread.onSpinWait();
    }
    throw new AssertionError("it does not wait: " + Bench.states(bench.pipelines.run(run)));
  }

  @Test
  void aStepWaitsForAPoolAndSaysSo() throws Exception {
    apply("p", "{ %s, resources: { pools: { gpu: 1 } } }".formatted(untilGo("go")));
    var first = bench.start("p");
    bench.await(first.id(), "s", StepState.RUNNING);
    apply("q", "{ uses: ./components/gpu }");
    var second = bench.start("q");
    var missing = "waits for 1 of cpu (3 of 4 free), 1 of pool gpu (0 of 1 free)";
    assertThat(awaitMissing(second.id())).isEqualTo(missing);
    assertThat(bench.pipelines.step(second.id(), "s").waitsFor()).isEqualTo(missing);
    Files.writeString(folder.resolve("go"), "");
    assertThat(bench.pipelines.await(second.id(), Bench.LONG).state())
        .isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.pipelines.events(second.id(), 0).events())
        .extracting(RunEvent::message)
        .contains("waiting: " + missing);
    assertThat(bench.pipelines.run(second.id()).step("s").waitsFor()).isNull();
  }

  @Test
  void aCommandThatIsTakenUpAgainStillHasItsShare() throws Exception {
    apply("p", "{ %s, resources: { pools: { gpu: 1 } } }".formatted(untilGo("go")));
    var first = bench.start("p");
    bench.await(first.id(), "s", StepState.RUNNING);
    apply("q", "{ run: 'true', resources: { pools: { gpu: 1 } } }");
    var second = bench.start("q");
    awaitMissing(second.id());
    restart("gpu=1,cpu=4");
    assertThat(awaitMissing(second.id())).contains("1 of pool gpu (0 of 1 free)");
    assertThat(bench.pipelines.run(first.id()).step("s").state()).isEqualTo(StepState.RUNNING);
    Files.writeString(folder.resolve("go"), "");
    assertThat(bench.pipelines.await(first.id(), Bench.LONG).state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.pipelines.await(second.id(), Bench.LONG).state())
        .isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void aCancelEndsTheWait() throws Exception {
    apply("p", "{ %s, resources: { cpu: 4 } }".formatted(untilGo("go")));
    var first = bench.start("p");
    bench.await(first.id(), "s", StepState.RUNNING);
    apply("q", "{ uses: core/noop, resources: { cpu: 2 } }");
    var second = bench.start("q");
    awaitMissing(second.id());
    bench.pipelines.cancel(second.id());
    assertThat(Bench.states(bench.pipelines.await(second.id(), Bench.LONG)))
        .isEqualTo("s=cancelled");
    Files.writeString(folder.resolve("go"), "");
    bench.pipelines.await(first.id(), Bench.LONG);
  }

  @Test
  void aRunIsNotStartedForWhatIsNoLongerThere() {
    apply("p", "{ run: 'true', resources: { pools: { gpu: 1 } } }");
    restart("cpu=4");
    assertThatThrownBy(() -> bench.pipelines.start("p", Map.of(), true))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "pipelines/p.yaml:3:32: step s: there is no pool \"gpu\"; there are none; start the server with --pools gpu=1");
  }

  @Test
  void whatAStepTakesIsNoPartOfItsKey() {
    apply("p", "{ run: 'true', resources: { cpu: 1 } }");
    bench.run("p");
    apply("p", "{ run: 'true', resources: { cpu: 2, memory: 512Mi, pools: { gpu: 1 } } }");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=cached");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run: x, resources: { cpu: 0 } | resources.cpu: got 0, expected 1 to 1,000,000",
        "run: x, resources: { pools: { gpu: 1.5 } } | a whole number",
        "run: x, resources: {} | resources: expected some, such as { cpu: 2, pools: { gpu: 1 } }",
        "run: x, resources: { gpus: 1 } | unknown key \"gpus\"",
        "run: x, resources: { memory: 4GiB } | resources.memory: got \"4GiB\", expected a number of bytes, such as 2Gi or 512Mi",
        "run: x, resources: { cpu: 5 } | step s: it takes 5 of cpu, and the server has 4; take less, or start the server with --pools cpu=5",
        "run: x, resources: { pools: { gpu: 2 } } | step s: it takes 2 of pool gpu, and the server has 1; take less, or start the server with --pools gpu=2",
        "run: x, resources: { memory: 2Gi } | step s: it takes 2,147,483,648 of memory, and the server has 1,073,741,824",
        "run: x, resources: { pools: { gpus: 1 } } | step s: there is no pool \"gpus\"; did you mean \"gpu\"?",
        "uses: core/noop, resources: { memory: 1Gi } | resources.memory limits the processes of a command and goes with run; remove it",
        "uses: core/noop, resources: { cpu: 9 } | step s: it takes 9 of cpu, and the server has 4",
      })
  void whatIsWrongIsSaidWithItsPlace(String step, String message) {
    assertThatThrownBy(() -> apply("p", "{ " + step + " }"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("pipelines/p.yaml:3:")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu | pools: gpu: got \"\", expected 1 to 1,000,000",
        "GPU=1 | pools: name: got \"GPU\", expected NAME=AMOUNT",
        "gpu=0 | pools: gpu: got \"0\", expected 1 to 1,000,000",
        "gpu=1,gpu=2 | pools: gpu is given twice; remove one",
        "memory=lots | pools: memory: got \"lots\", expected a number of bytes, such as 64Gi",
      })
  void whatIsWrongWithTheServersPoolsIsSaid(String pools, String message) {
    assertThatThrownBy(() -> Capacities.of(pools))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }
}
