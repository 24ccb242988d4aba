package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import io.millrace.data.SourceOptions;
import io.millrace.evaluation.Request;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.pipelines.PipelineRun;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models in Python are imported, score datasets and are evaluated. Their process speaks the frames
 * of the real one without MLflow, which is not asked for here; the conformance script has that.
 */
class PythonTablesTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final ModelName HALF = new ModelName("half");

  /** Answers x / 2; dies at -1, refuses -2, hangs at -3; no table may have more than 1,024 rows. */
  private static final String PROCESS =
      """
      import json, os, struct, sys, time
      os.setpgid(0, 0)
      given, answers = sys.stdin.buffer, sys.stdout.buffer
      while True:
          lengths = given.read(8)
          if len(lengths) < 8:
              break
          header, body = struct.unpack(">II", lengths)
          header, body = json.loads(given.read(header)), given.read(body)
          said, packed = {}, b""
          if header["op"] == "load":
              said = {"unmet": []}
          elif header["op"] == "predict":
              (rows,) = header["inputs"][0]["shape"]
              assert 0 < rows <= 1024, rows
              xs = struct.unpack("<%dd" % rows, body)
              if -1 in xs:
                  print("the last words", file=sys.stderr, flush=True)
                  os._exit(3)
              if -3 in xs:
                  time.sleep(3600)
              if -2 in xs:
                  said = {"kind": "input", "error": "ValueError: -2 is not taken"}
              else:
                  said = {"outputs": [{"shape": [rows]}]}
                  packed = struct.pack("<%dd" % rows, *(x / 2 for x in xs))
          said = json.dumps(said).encode()
          answers.write(struct.pack(">II", len(said), len(packed)) + said + packed)
          answers.flush()
      """;

  private static final String MLMODEL =
      """
      flavors:
        python_function:
          loader_module: mlflow.sklearn
          model_path: model.pkl
      signature:
        inputs: '[{"type": "double", "name": "x"}]'
        outputs: '[{"type": "double", "name": "probability"}]'
      """;

  @TempDir Path folder;
  private Platform platform;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(place -> Files.isExecutable(Path.of(place, "python3"))),
        "not run: there is no python3 on the PATH");
    var script = Files.writeString(folder.resolve("process.py"), PROCESS);
    var interpreter = folder.resolve("interpreter");
    Files.createFile(
        interpreter,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(interpreter, "#!/bin/sh\nexec python3 -I -S '%s'\n".formatted(script));
    Files.createDirectories(folder.resolve("data"));
    var around = new Configuration.Surroundings("", "", interpreter.toString(), "", "", "");
    platform =
        new Platform(
            new Configuration(folder.resolve("data"), Configuration.HOST, 0, around),
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    if (platform != null) platform.close();
  }

  private Digest files(String mlmodel) throws IOException {
    var files = Files.createDirectories(folder.resolve("files"));
    Files.writeString(files.resolve("MLmodel"), mlmodel);
    Files.writeString(files.resolve("model.pkl"), "pickled");
    return platform.artifacts.putDirectory(files);
  }

  private ModelVersion imported() throws IOException {
    return platform.registry.importFolder(HALF, files(MLMODEL));
  }

  private void register(String name, String csv) {
    var blob = platform.artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    platform.datasets.register(
        name, new TreeMap<>(Map.of("rows.csv", blob)), SourceOptions.DEFAULT);
  }

  /** x from 0 on, below 1, then what is said. */
  private void numbers(int rows, String... then) {
    var csv = new StringBuilder("x,late\n");
    for (int i = 0; i < rows; i++)
      csv.append(i / (double) rows)
          .append(',')
          .append(i % 3 == 0 || i > rows / 2 ? 1 : 0)
          .append('\n');
    for (var x : then) csv.append(x).append(",1\n");
    register("numbers", csv.toString());
  }

  private PipelineRun score() {
    return platform.pipelines.await(platform.scoring.start("half", "numbers", "halves").id(), LONG);
  }

  private static void noProcessIsLeft() {
    long end = System.nanoTime() + LONG.toNanos();
    while (ProcessHandle.current()
        .children()
        .anyMatch(p -> p.info().commandLine().orElse("").contains("process.py"))) {
      assertThat(System.nanoTime()).as("a process is left").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aFolderIsImportedAsAVersionThatNamesWhatItLacks() throws IOException {
    var version = imported();
    assertThat(version.id()).hasToString("half/1");
    assertThat(version.sealed()).isNull();
    assertThat(version.served()).isEqualTo(files(MLMODEL));
    assertThat(platform.registry.missing(version))
        .hasSize(2)
        .first()
        .asString()
        .startsWith("sealed package: it is Python code");
    assertThat(imported().id()).isEqualTo(version.id());
  }

  @Test
  void aFolderThatCouldNeverAnswerIsRefused() throws IOException {
    var elsewhere = files(MLMODEL.replace("model.pkl", "../../model.pkl"));
    assertThatThrownBy(() -> platform.registry.importFolder(HALF, elsewhere))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("without empty, \".\" or \"..\" segments");
    var gone = files(MLMODEL.replace("model.pkl", "weights.pkl"));
    assertThatThrownBy(() -> platform.registry.importFolder(HALF, gone))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "the folder to import as half: MLmodel names \"weights.pkl\", which the folder does not have");
    var unsigned = files(MLMODEL.substring(0, MLMODEL.indexOf("signature:")));
    assertThatThrownBy(() -> platform.registry.importFolder(HALF, unsigned))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("its MLmodel has no signature");
  }

  @Test
  void allRowsOfADatasetAreAnsweredByOneProcessThatEndsThen() throws IOException {
    imported();
    numbers(5_000);
    var run = score();
    assertThat(run.state().text()).as(String.valueOf(run.steps())).isEqualTo("succeeded");
    var frame = platform.datasets.frame(platform.datasets.named("halves").digest(), List.of());
    var x = frame.number("x").values();
    var halves = frame.number("probability").values();
    assertThat(x).hasSize(5_000);
    for (int row = 0; row < x.length; row++) assertThat(halves[row]).isEqualTo(x[row] / 2);
    noProcessIsLeft();
    var lineage =
        platform.database.read(s -> {
          var made = platform.metadata.named(s, ArtifactType.DATASET_VERSION, "halves/1");
          return platform.metadata.lineage(s, made.orElseThrow().id(), Direction.UP, 2);
        });
    assertThat(lineage.artifacts())
        .extracting(artifact -> artifact.type() + " " + artifact.name())
        .contains("MODEL_VERSION half/1");
  }

  @Test
  void aDatasetWithoutRowsIsNotAskedAbout() throws IOException {
    imported();
    numbers(1);
    try (var engine = platform.datasets.engine(1)) {
      var relation = platform.datasets.relation(platform.datasets.named("numbers").digest());
      var none =
          platform.datasets.store(engine, "select * from %s where x > 1".formatted(relation));
      var model = platform.models.forTables(files(MLMODEL));
      try (model) {
        assertThat(model.answer(Map.of("x", new double[0])).get("probability").rows()).isZero();
      }
      assertThat(platform.datasets.frame(none, List.of()).rows()).isZero();
    }
  }

  @Test
  void aProcessThatDiesFailsTheStepWithItsLastWords() throws IOException {
    imported();
    numbers(9_000, "-1");
    var failed = score();
    assertThat(failed.state().text()).isEqualTo("failed");
    assertThat(String.valueOf(failed.step("score")))
        .contains(
            "after row 8,192: the model's Python process ended with exit code 3; the last that it wrote:\nthe last words");
    noProcessIsLeft();
    assertThat(platform.datasets.list())
        .extracting(version -> version.name())
        .doesNotContain("halves");
  }

  @Test
  void whatTheModelRefusesIsToldInItsWords() throws IOException {
    imported();
    numbers(10, "-2");
    assertThat(String.valueOf(score().step("score")))
        .contains("the model refused the input: ValueError: -2 is not taken");
  }

  @Test
  void aScoringThatHangsIsCancelledAndItsProcessEnds() throws IOException {
    imported();
    numbers(10, "-3");
    var run = platform.scoring.start("half", "numbers", null);
    long end = System.nanoTime() + LONG.toNanos();
    while (ProcessHandle.current()
        .children()
        .noneMatch(p -> p.info().commandLine().orElse("").contains("process.py"))) {
      assertThat(System.nanoTime()).as("no process began").isLessThan(end);
      Thread.onSpinWait();
    }
    platform.pipelines.cancel(run.id());
    assertThat(platform.pipelines.await(run.id(), LONG).state().text()).isEqualTo("cancelled");
    noProcessIsLeft();
  }

  @Test
  void aModelInPythonIsJudgedAndComparedAsAnyOther() throws IOException {
    var version = imported();
    numbers(2_000);
    var data = platform.datasets.named("numbers").digest();
    var request =
        new Request(
            version.served(), null, data, Request.Settings.forClassification().withLabel("late"));
    var report = platform.evaluations.evaluate(request);
    assertThat(report.content().path("rows").asInt()).isEqualTo(2_000);
    assertThat(report.content().path("metrics").path("auc").asDouble()).isBetween(0.7, 0.9);
    assertThat(platform.evaluations.evaluate(request).digest()).isEqualTo(report.digest());
    var other = files(MLMODEL + "run_id: another\n");
    var challenge = platform.evaluations.challenge(report.content(), other);
    assertThat(challenge.comparison().path("auc").path("difference").asDouble()).isZero();
    noProcessIsLeft();
  }
}
