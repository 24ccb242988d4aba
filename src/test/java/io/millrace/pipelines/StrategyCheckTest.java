package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a strategy is told with its place before anything runs. */
class StrategyCheckTest {
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

  private void refused(String step, String message) {
    var text =
        "name: p\nsteps:\n  a: { uses: test/make, strategy: { matrix: { n: [1, 2] } } }\n  b: "
            + step
            + "\n";
    assertThatThrownBy(() -> bench.definitions.apply(Bench.files("pipelines/p.yaml", text)))
        .isInstanceOf(Failure.class)
        .hasMessage("pipelines/p.yaml:" + message);
  }

  @Test
  void neitherMatrixNorForEach() {
    refused(
        "{ uses: core/noop, strategy: { max-parallel: 2 } }",
        "4:35: strategy: expected one of  matrix: { NAME: [VALUES] },  for-each: \"${{ steps.STEP.outputs.LIST }}\"  and  search: { algorithm: tpe, ... }");
  }

  @Test
  void aValueOfAnInstanceWithoutOne() {
    refused(
        "{ uses: core/value, with: { value: \"${{ matrix.n }}\" } }",
        "4:41: step b has no value matrix.n: it needs  strategy: { matrix: ... }");
  }

  @Test
  void anAxisThatThereIsNot() {
    refused(
        "{ uses: core/value, strategy: { matrix: { depth: [1] } }, with: { value: \"${{ matrix.dept }}\" } }",
        "4:79: step b has no value matrix.dept; did you mean \"depth\"?");
  }

  @Test
  void aValueOfAnotherTypeThanTheInput() {
    refused(
        "{ uses: test/make, strategy: { matrix: { n: [1, x] } }, with: { letters: \"${{ matrix.n }}\" } }",
        "4:79: input \"letters\": got \"x\", expected a whole number");
  }

  @Test
  void anArtifactInPlaceOfAList() {
    refused(
        "{ uses: core/noop, strategy: { for-each: \"${{ steps.a.outputs.report }}\" } }",
        "4:47: got FOLDER of output \"report\", expected a list; go over a list of values, and pick the artifact of each as steps.STEP.outputs.OUTPUT[each.index]");
  }

  @Test
  void aFolderOfArtifactsWhereOneIsWanted() {
    refused(
        "{ uses: test/mix, with: { first: \"${{ steps.a.outputs.report }}\" } }",
        "4:39: input \"first\": got FOLDER of steps.a.outputs.report, expected a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}");
  }

  @Test
  void aPickOfAStepThatIsDoneOnce() {
    refused(
        "{ uses: test/make }\n  c: { uses: test/mix, with: { first: \"${{ steps.b.outputs.report[1] }}\" } }",
        "5:39: steps.b.outputs.report[1]: step b has no instances to pick one of; remove the [1]");
  }

  @Test
  void tooManyCombinations() {
    var many = "[" + "1, ".repeat(100) + "1]";
    refused(
        "{ uses: core/noop, strategy: { matrix: { a: %s, b: %s } } }".formatted(many, many),
        "4:45: 10,201 instances of a step; there may be 10,000");
  }
}
