package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.InvalidInput;
import io.millrace.governance.SecretReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands get the secrets that their steps name, and nothing else shows them. */
@Timeout(120)
class StepSecretsTest {
  private static final String VALUE = "hunter2-of-the-mill";

  @TempDir Path folder;
  private Bench bench;

  @BeforeEach
  void open() {
    bench = new Bench(folder);
    bench.secrets.askBeforeDeleting((s, used) -> bench.pipelines.usersOf(s, used));
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void apply(String step) {
    bench.apply("pipelines/p.yaml", "name: p\nsteps:\n  s: " + step + "\n");
  }

  private void refused(String step, String message) {
    assertThatThrownBy(() -> apply(step)).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  private String log(PipelineRun run) {
    return bench.pipelines.log(run.id(), "s");
  }

  @Test
  void theCommandGetsTheValueAndItsOutputIsMasked() {
    bench.secrets.set("db", VALUE);
    apply(
        """
        { run: 'test "$DB" = hunter2-of-the-mill; echo "it is $DB."; printf "%s" "$DB"; grep -c DB params.json || true; env > all; grep -c MILLRACE_PARAM all || true',
              with: { other: 1 }, secrets: { DB: db } }\
        """);
    var run = bench.run("p");
    assertThat(run.error()).isNull();
    assertThat(log(run)).contains(" it is ***.\n", " ***0\n").doesNotContain("hunter2");
    assertThat(run.step("s").keyParts().path("values").path("secret.DB").asText())
        .isEqualTo("db@1");
  }

  @Test
  void aComponentOfTheProjectGetsItToo() {
    bench.secrets.set("db", VALUE);
    bench.apply(
        "components/load/component.yaml",
        """
        name: load
        version: "1"
        meaning: Loads.
        inputs: { table: text }
        run: 'test "$DB" = hunter2-of-the-mill; echo "$MILLRACE_PARAM_TABLE with $DB."; grep -c DB params.json || true'
        """,
        "pipelines/p.yaml",
        """
        name: p
        steps:
          s: { uses: ./components/load, with: { table: rides }, secrets: { DB: db } }
        """);
    var run = bench.run("p");
    assertThat(run.error()).isNull();
    assertThat(log(run)).contains(" rides with ***.\n").doesNotContain("hunter2");
    assertThat(run.step("s").keyParts().path("values").path("secret.DB").asText())
        .isEqualTo("db@1");
  }

  @Test
  void noFileHoldsTheValueWhenAllHasEnded() throws IOException {
    bench.secrets.set("db", VALUE);
    apply("{ run: 'echo \"$DB\"; exit 3', secrets: { DB: db@1 } }");
    var run = bench.run("p");
    assertThat(run.error()).contains("ended with exit code 3", "  ***").doesNotContain("hunter2");
    bench.close();
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList())
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain("hunter2");
    }
    bench = new Bench(folder);
  }

  @Test
  void anOutputThatHoldsTheValueIsRefused() {
    bench.secrets.set("db", VALUE);
    apply(
        "{ run: 'printf %s \"$DB\" > \"$MILLRACE_OUTPUTS/a\"', secrets: { DB: db }, outputs: { a: text } }");
    assertThat(bench.run("p").error())
        .isEqualTo(
            "step s: output \"a\" holds the value of a secret, and outputs are kept and shown; give something else");
    apply(
        "{ run: 'printf %s \"$DB\" > \"$MILLRACE_OUTPUTS/a\"', secrets: { DB: db }, outputs: { a: integer } }");
    assertThat(bench.run("p").error()).contains("***").doesNotContain("hunter2");
  }

  @Test
  void aNewVersionIsAnotherKeyUnlessTheStepNamesOne() {
    bench.secrets.set("db", VALUE);
    apply("{ run: 'true', secrets: { DB: db } }");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=ran");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=cached");
    bench.secrets.set("db", "another value");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=ran");
    apply("{ run: 'true', secrets: { DB: db@1 } }");
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=cached");
  }

  @Test
  void aSecretThatIsMissingFailsTheStepBeforeItsCommandStarts() {
    apply("{ run: 'true', secrets: { DB: db@2 } }");
    var run = bench.run("p");
    assertThat(run.error())
        .isEqualTo(
            "step s: pipelines/p.yaml:3:36: there is no secret \"db\"; set it with  millrace secret set db < FILE");
    assertThat(run.step("s").attempts()).isEmpty();
    bench.secrets.set("db", VALUE);
    assertThat(bench.run("p").error()).contains("secret db has no version 2, it has 1");
  }

  @Test
  void aCommandThatIsTakenUpAgainKeepsItsVersionAndItsMask() throws Exception {
    bench.secrets.set("db", VALUE);
    apply(
        "{ run: 'echo begun; until test -e \"%s\"; do sleep 0.05; done; echo \"end $DB\"', secrets: { DB: db } }"
            .formatted(folder.resolve("go")));
    var run = bench.start("p");
    bench.await(run.id(), "s", StepState.RUNNING);
    bench.secrets.set("db", "another value");
    assertThatThrownBy(() -> bench.secrets.delete(SecretReference.of("db").orElseThrow()))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("secret db@1 is used by step s of run " + run.id());
    bench.pipelines.close();
    bench.reopen();
    Files.writeString(folder.resolve("go"), "");
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(ended.error()).isNull();
    assertThat(log(ended)).contains(" begun\n", " end ***\n").doesNotContain("hunter2");
    assertThat(ended.step("s").keyParts().path("values").path("secret.DB").asText())
        .isEqualTo("db@1");
    bench.secrets.delete(SecretReference.of("db@1").orElseThrow());
  }

  @Test
  void mistakesAreFoundBeforeAnythingRuns() {
    refused(
        "{ run: 'true', secrets: { DB: 'my password' } }",
        "pipelines/p.yaml:3:36: secrets.DB: expected the name of a secret, as db-password, or with a version, as db-password@2; the value itself is set with  millrace secret set NAME");
    refused(
        "{ run: 'true', secrets: { DB: db@0 } }",
        "pipelines/p.yaml:3:36: secrets.DB: expected the name of a secret, as db-password, or with a version, as db-password@2; the value itself is set with  millrace secret set NAME");
    refused(
        "{ run: 'true', env: { DB: x }, secrets: { DB: db } }",
        "pipelines/p.yaml:3:48: env sets the variable DB too; remove one of them");
    refused(
        "{ run: 'true', secrets: { MILLRACE_X: db } }",
        "pipelines/p.yaml:3:32: the variable MILLRACE_X is set by the program; choose another name");
    refused(
        "{ uses: core/noop, secrets: { DB: db } }",
        "pipelines/p.yaml:3:25: \"secrets\" goes with run and the project's components, and this step uses core/noop; remove it");
    var many = new StringBuilder();
    for (int i = 0; i <= StepSecrets.MOST; i++) many.append("V%d: db, ".formatted(i));
    refused(
        "{ run: 'true', secrets: { " + many + " } }",
        "pipelines/p.yaml:3:30: 21 secrets; a step may have 20");
  }
}
