package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Steps that run commands, through the engine and with real processes. */
@Timeout(120)
class ProcessStepTest {
  private static final String COUNT =
      """
      name: count
      params: { word: { type: text, default: mill } }
      steps:
        make:
          run: |
            . ./lib/words.sh
            words > "$MILLRACE_OUTPUTS/text"
            mkdir "$MILLRACE_OUTPUTS/more"
            echo one > "$MILLRACE_OUTPUTS/more/a.txt"
          files: ["lib/**"]
          outputs: { text: File, more: Folder }
        count:
          run: sh count.sh
          files: [count.sh]
          with:
            text: "${{ steps.make.outputs.text }}"
            more: "${{ steps.make.outputs.more }}"
            word: "${{ params.word }}"
            at_least: 2
          env: { SHOUT: "${{ params.word }}!" }
          outputs: { lines: integer, said: text, metrics: Metrics, stamp: date }
        read: { uses: core/value, with: { value: "${{ steps.count.outputs.lines + 1 }}" } }
      """;
  private static final String WORDS = "words() { echo mill; echo race; echo mill; }\n";
  private static final String SCRIPT =
      """
      set -e
      echo "counting $MILLRACE_PARAM_WORD"
      n=$(grep -c "$MILLRACE_PARAM_WORD" "$MILLRACE_INPUT_TEXT")
      test "$n" -ge "$MILLRACE_PARAM_AT_LEAST"
      test "$(cat "$MILLRACE_INPUTS/more/a.txt")" = one
      grep -q '"at_least" : 2' params.json
      printf '{"lines": %d, "said": "%s"}' "$n" "$SHOUT" > "$MILLRACE_OUTPUTS/values.json"
      echo '{"hits": 2, "share": 0.5}' > "$MILLRACE_OUTPUTS/metrics.json"
      echo 2001-01-31 > "$MILLRACE_OUTPUTS/stamp"
      echo "run $MLFLOW_RUN_ID at $MLFLOW_TRACKING_URI"
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

  private void applyCount(String pipeline, String script) {
    bench.apply(
        "pipelines/count.yaml", pipeline, "count.sh", script, "lib/words.sh", WORDS, "other", "x");
  }

  private PipelineRun only(String step) {
    bench.apply("pipelines/p.yaml", "name: p\nsteps:\n  s: " + step + "\n", "a.sh", "echo a\n");
    return bench.run("p");
  }

  private static String quoted(String command) {
    return "'" + command.replace("'", "''") + "'";
  }

  @Test
  void aCommandGetsItsInputsAndGivesWhatItWrote() {
    applyCount(COUNT, SCRIPT);
    var run = bench.run("count");
    assertThat(run.error()).isNull();
    assertThat(Bench.states(run)).isEqualTo("make=ran count=ran read=ran");
    var gave = run.step("count").outputs();
    assertThat(gave.path("lines").intValue()).isEqualTo(2);
    assertThat(gave.path("said").asText()).isEqualTo("mill!");
    assertThat(gave.path("stamp").asText()).isEqualTo("2001-01-31");
    assertThat(gave.path("metrics").path("type").asText()).isEqualTo("METRICS");
    assertThat(run.step("read").outputs().path("value").intValue()).isEqualTo(3);
    assertThat(run.step("count").uses()).isEqualTo("run: sh count.sh");
    assertThat(run.step("count").summary().path("hits").intValue()).isEqualTo(2);
    assertThat(bench.pipelines.log(run.id(), "count"))
        .contains(" counting mill\n")
        .contains(" run run-of-count at http://127.0.0.1:9\n");
    assertThat(folder.resolve("work/attempts").resolve(run.id()).resolve("count-1")).doesNotExist();
  }

  @Test
  void theRunOfAStepIsOpenWhileItWorksAndEndsWithIt() {
    applyCount(COUNT, SCRIPT);
    bench.run("count");
    assertThat(bench.noted)
        .containsExactly("make closed true", "count hits", "count share", "count closed true");
    bench.noted.clear();
    only("{ run: exit 3 }");
    assertThat(bench.noted).containsExactly("s closed false");
  }

  @Test
  void theKeyHoldsTheCommandItsFilesInputsAndVariablesAndNoMore() {
    applyCount(COUNT, SCRIPT);
    bench.run("count");
    bench.program = "program-2";
    bench.reopen();
    applyCount(
        COUNT
            .replace("name: count", "name: other")
            .replace("run: sh", "timeout-minutes: 3\n    run: sh"),
        SCRIPT);
    assertThat(Bench.states(bench.run("other"))).isEqualTo("make=cached count=cached read=ran");
    assertThat(Bench.states(bench.run("other", "word", "race")))
        .startsWith("make=cached count=failed");
    applyCount(COUNT, SCRIPT + "# more\n");
    assertThat(Bench.states(bench.run("count"))).isEqualTo("make=cached count=ran read=cached");
    applyCount(COUNT.replace("sh count.sh", "sh ./count.sh"), SCRIPT);
    assertThat(Bench.states(bench.run("count"))).startsWith("make=cached count=ran");
    applyCount(COUNT.replace("stamp: date", "stamp: text"), SCRIPT);
    assertThat(Bench.states(bench.run("count"))).startsWith("make=cached count=ran");
    applyCount(COUNT.replace("SHOUT:", "LOUD: 1, SHOUT:"), SCRIPT);
    assertThat(Bench.states(bench.run("count"))).startsWith("make=cached count=ran");
    applyCount(COUNT.replace("run: sh", "environment: lock-2\n    run: sh"), SCRIPT);
    assertThat(Bench.states(bench.run("count"))).startsWith("make=cached count=ran");
    applyCount(COUNT.replace("run: sh", "cache: false\n    run: sh"), SCRIPT);
    assertThat(Bench.states(bench.run("count"))).startsWith("make=cached count=ran");
  }

  @Test
  void theFilesOfACommandAreInItsLineage() {
    applyCount(COUNT, SCRIPT);
    bench.run("count");
    var metrics =
        bench.database.read(
            s -> bench.metadata.named(s, ArtifactType.FILE, "count.count.metrics").orElseThrow());
    var lineage = bench.metadata.lineage(metrics.id().toString(), Direction.UP, 10);
    assertThat(lineage.artifacts())
        .extracting(a -> a.name())
        .contains("count.sh", "lib/words.sh", "count.make.text", "count.make.more")
        .doesNotContain("other");
  }

  @Test
  void aCommandThatFailsSaysItsCodeAndItsLastLines() {
    var run = only("{ run: " + quoted("echo one; echo two >&2; exit 3") + " }");
    assertThat(run.step("s").state()).isEqualTo(StepState.FAILED);
    assertThat(run.step("s").error())
        .isEqualTo("the command ended with exit code 3; its last lines:\n  one\n  two");
    assertThat(only("{ run: " + quoted("kill -s KILL $$") + " }").step("s").error())
        .isEqualTo(
            "the command was ended by signal 9 (killed; where nobody did, the machine ran out of memory); it wrote nothing");
  }

  @Test
  void aMissingOutputIsNamedWithWhatIsThere() {
    var run =
        only(
            "{ run: "
                + quoted("cd $MILLRACE_OUTPUTS; mkdir modle; echo x > notes.txt")
                + ", outputs: { model: Model } }");
    assertThat(run.step("s").error())
        .matches(
            "the output \"model\" \\(Model\\) is missing: the command wrote no \\$MILLRACE_OUTPUTS/model; in .*/attempts/.*/s-1/outputs there is: modle/, notes.txt");
    run = only("{ run: " + quoted("true") + ", outputs: { accuracy: number } }");
    assertThat(run.step("s").error())
        .contains(
            "the command wrote no $MILLRACE_OUTPUTS/accuracy nor values.json with \"accuracy\" in it; in ")
        .endsWith("/s-1/outputs there is nothing");
  }

  @Test
  void outputsOfAnotherTypeAreRefused() {
    refusedOutput(
        "echo high > accuracy",
        "accuracy: number",
        "the output \"accuracy\" (number): got \"high\", expected a number");
    refusedOutput(
        "echo \"{\\\"acuracy\\\": 1}\" > values.json",
        "accuracy: number",
        "values.json: \"acuracy\" is no value that the step declares under outputs; did you mean \"accuracy\"?");
    refusedOutput(
        "echo a,b > data.csv",
        "data: Dataset",
        "the output \"data\" (Dataset): got .datasetX/data.parquet, which is no Parquet file, expected Parquet files only");
    refusedOutput(
        "ln -s /etc/passwd secret",
        "secret: File",
        "the output \"secret\" (File): got a link, expected the file or folder itself");
    refusedOutput(
        "mkdir m", "m: Metrics", "the output \"m\" (Metrics): got a folder, expected a JSON file");
    refusedOutput(
        "echo x > a.txt; echo x > a.csv",
        "a: File",
        "the output \"a\" (File): got a.csv and a.txt, expected one of them");
  }

  private void refusedOutput(String command, String outputs, String error) {
    var run =
        only(
            "{ run: "
                + quoted("cd $MILLRACE_OUTPUTS; " + command)
                + ", outputs: { "
                + outputs
                + " } }");
    assertThat(String.valueOf(run.step("s").error()).replaceAll("\\.dataset\\d+", ".datasetX"))
        .isEqualTo(error);
  }

  @Test
  void nothingOfTheServersEnvironmentIsPassedOn() {
    var run = only("{ run: " + quoted("env | sed 's/=.*//'; echo end") + ", env: { MINE: yes } }");
    var names =
        bench
            .pipelines
            .log(run.id(), "s")
            .lines()
            .map(l -> l.substring(l.indexOf(' ') + 1))
            .toList();
    assertThat(names)
        .contains("MINE", "PATH", "TMPDIR", "MLFLOW_RUN_ID", "end")
        .isSubsetOf(
            "MINE",
            "PATH",
            "HOME",
            "LANG",
            "TMPDIR",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
            "MILLRACE_INPUTS",
            "MILLRACE_OUTPUTS",
            "MILLRACE_PARAMS",
            "MLFLOW_RUN_ID",
            "MLFLOW_TRACKING_URI",
            "end");
  }

  @Test
  void aTimeoutEndsTheCommandWithItsGrandchildren() throws Exception {
    var pids = folder.resolve("pids");
    var run =
        only(
            "{ run: "
                + quoted(
                    "sh -c 'sh -c \"echo \\$\\$ >> %s; sleep 600\" & wait' & echo $$ >> %s; wait"
                        .formatted(pids, pids))
                + ", timeout-minutes: 0.03 }");
    assertThat(run.step("s").error())
        .isEqualTo("it took longer than its timeout-minutes allow (1.8 s)");
    assertThat(pids(pids)).hasSize(2).allMatch(RunnerContract::isGoneSoon);
  }

  @Test
  void cancellingEndsTheCommand() throws Exception {
    var pids = folder.resolve("pids");
    bench.apply(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  s: { run: "
            + quoted("echo $$ > %s; echo ready; sleep 600".formatted(pids))
            + " }\n");
    var run = bench.start("p");
    awaitLine(run.id(), "ready");
    bench.pipelines.cancel(run.id());
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("s=cancelled");
    assertThat(pids(pids)).hasSize(1).allMatch(RunnerContract::isGoneSoon);
    assertThat(bench.noted).containsExactly("s closed false");
  }

  /** A command that says when it works and ends when the test lets it, each time it is run. */
  private PipelineRun startWaiting() throws Exception {
    bench.apply(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  s: { run: "
            + quoted(
                "echo $$ >> %s; echo begun; until test -e %s; do sleep 0.02; done; echo 5 > $MILLRACE_OUTPUTS/n; echo done"
                    .formatted(folder.resolve("pids"), folder.resolve("go")))
            + ", outputs: { n: integer } }\n  t: { uses: core/value, with: { value: \"${{ steps.s.outputs.n }}\" } }\n");
    var run = bench.start("p");
    awaitLine(run.id(), "begun");
    return run;
  }

  private void go() throws Exception {
    Files.writeString(folder.resolve("go"), "");
  }

  @Test
  void aCommandGoesOnWhileTheServerRestarts() throws Exception {
    var run = startWaiting();
    bench.pipelines.close();
    assertThat(Bench.states(bench.pipelines.run(run.id()))).isEqualTo("s=running t=waiting");
    bench.reopen();
    assertThat(pids(folder.resolve("pids")))
        .hasSize(1)
        .allMatch(p -> ProcessHandle.of(p).isPresent());
    go();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("s=ran t=ran");
    assertThat(Bench.attempts(ended.step("s"))).isEqualTo("ran");
    assertThat(ended.step("t").outputs().path("value").intValue()).isEqualTo(5);
    assertThat(pids(folder.resolve("pids"))).hasSize(1);
    assertThat(bench.pipelines.log(run.id(), "s").lines().map(l -> l.substring(l.indexOf(' ') + 1)))
        .containsExactly("begun", "done");
    assertThat(bench.noted).containsExactly("s reopened", "s closed true");
    assertThat(folder.resolve("work/attempts").resolve(run.id()).resolve("s-1")).doesNotExist();
    assertThat(Bench.states(bench.run("p"))).isEqualTo("s=cached t=cached");
  }

  @Test
  void whatACommandGaveWhileNoServerWasThereIsPublishedByTheNext() throws Exception {
    var run = startWaiting();
    bench.pipelines.close();
    go();
    assertThat(pids(folder.resolve("pids"))).hasSize(1).allMatch(RunnerContract::isGoneSoon);
    bench.reopen();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("s=ran t=ran");
    assertThat(Bench.attempts(ended.step("s"))).isEqualTo("ran");
    assertThat(pids(folder.resolve("pids"))).hasSize(1);
  }

  @Test
  void aCommandThatDiedWithItsServerIsRunAgain() throws Exception {
    var run = startWaiting();
    bench.pipelines.close();
    var control = folder.resolve("work/attempts").resolve(run.id()).resolve("s-1/runner");
    var process = Supervised.read(control).orElseThrow();
    process.signal("KILL");
    while (process.isAlive()) Thread.onSpinWait();
    bench.reopen();
    go();
    var ended = bench.pipelines.await(run.id(), Bench.LONG);
    assertThat(Bench.states(ended)).isEqualTo("s=ran t=ran");
    assertThat(Bench.attempts(ended.step("s"))).isEqualTo("interrupted ran");
  }

  @Test
  void theTimeWithoutAServerCountsAgainstTheTimeout() throws Exception {
    bench.apply(
        "pipelines/p.yaml",
        "name: p\nsteps:\n  s: { run: "
            + quoted("echo $$ > %s; echo begun; sleep 600".formatted(folder.resolve("pids")))
            + ", timeout-minutes: 0.03 }\n");
    var run = bench.start("p");
    awaitLine(run.id(), "begun");
    bench.pipelines.close();
    var begun = bench.pipelines.run(run.id()).step("s").startedAt();
    while (java.time.Instant.now().isBefore(begun.plusMillis(1_900))) Thread.onSpinWait();
    bench.reopen();
    assertThat(bench.pipelines.await(run.id(), Bench.LONG).step("s").error())
        .isEqualTo("it took longer than its timeout-minutes allow (1.8 s)");
    assertThat(pids(folder.resolve("pids"))).hasSize(1).allMatch(RunnerContract::isGoneSoon);
  }

  @Test
  void theCommandOfAPausedRunEndsAfterARestartAndNothingElseBegins() throws Exception {
    var run = startWaiting();
    bench.pipelines.pause(run.id());
    bench.pipelines.close();
    bench.reopen();
    go();
    assertThat(Bench.states(bench.await(run.id(), "s", StepState.RAN)))
        .isEqualTo("s=ran t=waiting");
    assertThat(bench.pipelines.run(run.id()).state()).isEqualTo(RunState.PAUSED);
    bench.pipelines.resume(run.id(), null, false);
    assertThat(Bench.states(bench.pipelines.await(run.id(), Bench.LONG))).isEqualTo("s=ran t=ran");
  }

  @Test
  void theCommandOfACancelledRunIsEndedByTheNextServer() throws Exception {
    var run = startWaiting();
    bench.pipelines.close();
    bench.database.writing(tx -> tx.update("update pipeline_run set cancelling = 1").execute());
    bench.reopen();
    assertThat(pids(folder.resolve("pids"))).hasSize(1).allMatch(RunnerContract::isGoneSoon);
    assertThat(Bench.states(bench.pipelines.run(run.id()))).isEqualTo("s=cancelled t=cancelled");
  }

  @Test
  void anotherServerTakesTheCommandOfAnAttemptUp() throws Exception {
    var text =
        "name: p\nsteps:\n  s: { run: "
            + quoted(
                "echo begun; until test -e go; do sleep 0.02; done; echo 5 > $MILLRACE_OUTPUTS/n; echo done")
            + ", outputs: { n: integer } }\n";
    var pipeline = PipelineParser.parse("pipelines/p.yaml", text);
    var attempts = Pipelines.attempts(folder.resolve("work"));
    var logFile = folder.resolve("s.log");
    var failures = new LinkedBlockingQueue<Throwable>();
    var first =
        Thread.ofPlatform()
            .start(() -> {
              try (var log = new StepLog(logFile, Clock.systemUTC())) {
                takenUp(pipeline, attempts, log);
              } catch (Exception e) {
                failures.add(e);
              }
            });
    while (!Files.exists(logFile) || !Files.readString(logFile).contains("begun"))
      Thread.onSpinWait();
    first.interrupt();
    first.join();
    assertThat(failures.take()).isInstanceOf(InterruptedException.class);
    assertThat(bench.runner().find("r/s-1")).contains(new Runner.Status.Running());
    Files.writeString(attempts.resolve("r/s-1/work/go"), "");
    try (var log = new StepLog(logFile, Clock.systemUTC())) {
      assertThat(takenUp(pipeline, attempts, log).values()).containsEntry("n", Json.parse("5"));
    }
    assertThat(Files.readAllLines(logFile).stream().map(l -> l.substring(l.indexOf(' ') + 1)))
        .containsExactly("begun", "done");
  }

  /** What one server does for the attempt. */
  private Result takenUp(PipelineDefinition pipeline, Path attempts, StepLog log) throws Exception {
    var commands = new Commands(bench.runner(), () -> "http://127.0.0.1:9");
    var step = Objects.requireNonNull(pipeline.steps().get("s"));
    var component =
        new Catalog(Map.of(), bench.artifacts, commands, Map.of())
            .bound(pipeline, Map.of())
            .component(step);
    assertThat(component.outlives()).isTrue();
    var scope = new Scope(Map.of(), Map.of());
    var attempt =
        new Attempt(
            "r",
            "s",
            Given.of(step, component, scope, Map.of()),
            Map.of(),
            Files.createDirectories(attempts.resolve("r/s-1")),
            log,
            (_, _) -> {},
            () -> bench.notes("s"));
    return component.run(attempt);
  }

  /** The log is written while the command runs. */
  private void awaitLine(String run, String line) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!bench.pipelines.log(run, "s").contains(line)) {
      assertThat(System.nanoTime()).as("the log has no line %s", line).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static List<Long> pids(Path file) throws Exception {
    var pids = new ArrayList<Long>();
    for (var line : Files.readAllLines(file)) pids.add(Long.valueOf(line.strip()));
    return pids;
  }

  @Test
  void mistakesAreFoundBeforeAnythingRuns() {
    refused(
        "{ run: a.sh, uses: core/noop }",
        "3:8: a step has either \"uses\" or \"run\"; remove one of them");
    refused(
        "{ with: {} }",
        "3:6: a step needs \"uses\" with a component's name, \"run\" with a command, or \"approval\" with a question; add one of them");
    refused(
        "{ uses: core/noop, files: [a.sh] }",
        "3:25: \"files\" goes with run, and this step uses core/noop; remove it");
    refused(
        "{ run: \"echo ${{ 1 }}\" }",
        "3:13: run: a command holds no ${{ }}, since the value's text would become part of the command; give the value under with:, as NAME, and write \"$MILLRACE_PARAM_NAME\"");
    refused(
        "{ run: sh b.sh, files: [b.sh] }",
        "3:30: files: the project has no file \"b.sh\"; did you mean \"a.sh\"?");
    refused(
        "{ run: sh, files: [../a.sh] }",
        "3:25: pattern: got \"../a.sh\", expected a path in the project, such as train.py or lib/**, with at most 8 stars and no . or .. in it");
    refused(
        "{ run: sh, outputs: { model: Modl } }", "3:35: type \"Modl\"; did you mean \"Model\"?");
    refused(
        "{ run: sh, env: { MILLRACE_URL: x } }",
        "3:24: the variable MILLRACE_URL is set by the program; choose another name");
    refused(
        "{ run: sh, resources: { memory: lots } }",
        "3:38: resources.memory: got \"lots\", expected a number of bytes, such as 2Gi or 512Mi");
    refused(
        "{ run: sh, with: { Data: 1 } }",
        "3:25: input \"Data\": expected a-z 0-9 _, starting with a letter, at most 64 long");
    refused(
        "{ run: sh, outputs: { n: number } }\n  t: { uses: core/value, with: { value: \"${{ steps.s.outputs.m }}\" } }",
        "4:41: step s (run) has no output \"m\"; expected one of n");
  }

  private void refused(String step, String message) {
    var files = Bench.files("pipelines/p.yaml", "name: p\nsteps:\n  s: " + step + "\n", "a.sh", "");
    assertThatThrownBy(() -> bench.definitions.plan(files))
        .isInstanceOf(Failure.class)
        .hasMessage("pipelines/p.yaml:" + message);
  }
}
