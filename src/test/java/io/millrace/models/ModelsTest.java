package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelsTest {
  @TempDir Path folder;
  private Artifacts artifacts;
  private Models models;
  private Digest small;

  @BeforeEach
  void open() {
    artifacts = new Artifacts(folder);
    models = new Models(artifacts);
    small = SmallModel.seal(artifacts, SmallModel.golden(120, 11, 31));
  }

  @Test
  void holdersOfOnePackageShareItsSessionAndTheLastOneClosesIt() {
    var one = models.load(small);
    var two = models.load(small);
    assertThat(models.sessions()).isEqualTo(1);
    one.close();
    one.close();
    assertThat(score(two)).isEqualTo(105);
    assertThatThrownBy(() -> score(one)).isInstanceOf(IllegalStateException.class);
    two.close();
    assertThat(models.sessions()).isZero();
  }

  @Test
  void aThousandLoadsLeaveNoSessionAndNoMemoryBehind() throws Exception {
    for (int i = 0; i < 100; i++) use();
    long before = residentKilobytes();
    for (int i = 0; i < 1_000; i++) use();
    assertThat(models.sessions()).isZero();
    // A session of this model takes about 0.3 MB; a thousand leaked ones would show.
    assertThat(residentKilobytes() - before).isLessThan(100_000);
  }

  private void use() {
    try (var model = models.load(small)) {
      assertThat(score(model)).isEqualTo(105);
    }
  }

  @Test
  void manyMayLoadAskAndCloseAtOnce() throws Exception {
    var work = new ArrayList<Callable<Float>>();
    for (int i = 0; i < 500; i++) {
      work.add(() -> {
        try (var model = models.load(small)) {
          return score(model);
        }
      });
    }
    try (var executor = Executors.newFixedThreadPool(8)) {
      for (var answer : executor.invokeAll(work)) assertThat(answer.get()).isEqualTo(105f);
    }
    assertThat(models.sessions()).isZero();
  }

  @Test
  void aSessionClosedWhileItAnswersFinishesTheAnswer() {
    var session = OnnxSession.open(SmallModel.graph().bytes(), OnnxSession.Settings.serving());
    assertThat(session.acquire()).isTrue();
    session.close();
    assertThat(session.isGone()).isFalse();
    session.release();
    assertThat(session.isGone()).isTrue();
    assertThat(session.acquire()).isFalse();
  }

  @Test
  void inputsThatDoNotFitAreRefusedByName() {
    try (var model = models.load(small)) {
      assertThatThrownBy(() -> model.run(List.of(Tensor.of("age", 1f))))
          .isInstanceOf(InvalidInput.class)
          .hasMessage("input missing: sex");
      assertThatThrownBy(() -> model.run(List.of(Tensor.of("agee", 1f), Tensor.of("sex", "male"))))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("no input \"agee\"; did you mean \"age\"?");
      assertThatThrownBy(() -> model.run(List.of(Tensor.of("age", 1L), Tensor.of("sex", "male"))))
          .isInstanceOf(InvalidInput.class)
          .hasMessage("input \"age\": got datatype INT64, expected FP32");
      assertThatThrownBy(() ->
              model.run(
                  List.of(
                      new Tensor("age", DataType.FP32, new long[] {1, 1}, new float[1]),
                      Tensor.of("sex", "male"))))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("got shape [1, 1], expected [-1]");
      assertThatThrownBy(
              () -> model.run(List.of(Tensor.of("age", 1f, 2f), Tensor.of("sex", "male"))))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("\"age\" and \"sex\" differ in size: 2 and 1");
      assertThatThrownBy(() -> new Tensor("age", DataType.FP32, new long[] {3}, new float[1]))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("got 1 elements, expected 3");
    }
  }

  @Test
  void aTableIsAnsweredInBatchesAsRowByRow() {
    int rows = 1_000;
    var ages = new double[rows];
    var sexes = new String[rows];
    for (int i = 0; i < rows; i++) {
      ages[i] = i % 7 == 0 ? Double.NaN : i;
      sexes[i] = i % 3 == 0 ? "male" : i % 3 == 1 ? "female" : null;
    }
    try (var model = models.load(small)) {
      var scores =
          model
              .answer(Map.of("age", ages, "sex", sexes, "other", new double[rows]))
              .get("score")
              .floats();
      for (int i = 0; i < rows; i++) {
        assertThat(scores[i]).isEqualTo((float) (i % 7 == 0 ? 10 : i) + (i % 3 == 0 ? 100 : 1));
      }
    }
  }

  @Test
  void aFolderOfMlflowsOnnxFlavorIsImported() {
    var onnx = artifacts.put(ForeignModels.onnx("titanic_logreg"));
    var digest =
        models.importFolder(
            "titanic",
            folder(
                "model.onnx",
                onnx,
                """
                artifact_path: model
                flavors:
                  onnx: {data: model.onnx, onnx_version: 1.17.0}
                  python_function: {loader_module: mlflow.onnx}
                """));
    try (var model = models.load(digest)) {
      assertThat(model.signature().inputNames()).contains("sex");
    }
  }

  @Test
  void otherFlavorsAreRefusedWithTheWayOut() {
    var folder =
        folder(
            "model.pkl",
            artifacts.put(new byte[] {1}),
            """
            flavors:
              spark: {model_data: model.pkl}
            """);
    assertThatThrownBy(() -> models.importFolder("churn", folder))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining(
            "churn: MLflow model of flavor spark; only onnx and python_function are imported");
  }

  @Test
  void aFolderWhoseModelFileIsElsewhereIsRefused() {
    var one = artifacts.put(new byte[] {1});
    assertThatThrownBy(() ->
            models.importFolder(
                "m", folder("a", one, "flavors: {onnx: {data: ../../secret.onnx}}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("without empty, \".\" or \"..\"");
    assertThatThrownBy(
            () -> models.importFolder("m", folder("a", one, "flavors: {onnx: {data: b.onnx}}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"b.onnx\", which the folder does not have");
    assertThatThrownBy(() -> models.importFolder("m", folder("a", one, "flavors: [")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("MLmodel is not YAML");
  }

  private Digest folder(String path, Digest file, String mlmodel) {
    var text = mlmodel.getBytes(StandardCharsets.UTF_8);
    var entries = new TreeMap<String, Entry>();
    entries.put("MLmodel", new Entry(artifacts.put(text), text.length));
    entries.put(path, new Entry(file, artifacts.size(file)));
    return artifacts.put(new Manifest(entries));
  }

  private static float score(LoadedModel model) {
    return model
        .run(List.of(Tensor.of("age", 5f), Tensor.of("sex", "male")))
        .getFirst()
        .floats()[0];
  }

  private static long residentKilobytes() throws Exception {
    var status = Path.of("/proc/self/status");
    if (!Files.exists(status)) return 0;
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  @Test
  void aFolderThatChangedWhileItWasUploadedIsRefused() {
    var text = artifacts.put("flavors: {}".getBytes(StandardCharsets.UTF_8));
    var folder = artifacts.put(Manifest.of(Map.of("MLmodel", new Entry(text, 99))).bytes());
    assertThatThrownBy(() -> models.importFolder("churn", folder))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"MLmodel\" has 99 bytes in its directory");
  }

  @Test
  void aFileThatIsNoModelIsNotCalledByTheModelsName() {
    var empty = artifacts.put(new byte[0]);
    assertThatThrownBy(() -> models.importOnnx("churn", empty))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("the file to import as churn is not an ONNX file")
        .hasMessageContaining("it is empty");
  }
}
