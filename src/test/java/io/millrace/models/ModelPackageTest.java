package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Manifest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelPackageTest {
  @TempDir Path folder;
  private Artifacts artifacts;
  private Models models;

  @BeforeEach
  void open() {
    artifacts = new Artifacts(folder.resolve("one"));
    models = new Models(artifacts);
  }

  @Test
  void equalContentsGiveAnEqualDigestInAnyStore() {
    var golden = SmallModel.golden(120, 11, 31);
    assertThat(SmallModel.seal(new Artifacts(folder.resolve("two")), golden))
        .isEqualTo(SmallModel.seal(artifacts, golden));
  }

  @Test
  void aCompletePackageLacksNothing() {
    try (var model = models.load(SmallModel.seal(artifacts, SmallModel.golden(120, 11, 31)))) {
      assertThat(model.missing()).isEmpty();
      assertThat(model.label()).contains("cost");
      assertThat(model.signature()).isEqualTo(SmallModel.SIGNATURE);
      assertThat(model.contents().reference()).isNotNull();
    }
  }

  @Test
  void aPackageThatAnswersAGoldenRowDifferentlyIsRefusedWithTheRowAndBothValues() {
    var digest = SmallModel.seal(artifacts, SmallModel.golden(120, 11.5f, 31));
    assertThatThrownBy(() -> models.load(digest))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("golden row 2")
        .hasMessageContaining("\"score\" is 11.0, the training library gave 11.5")
        .hasMessageContaining("age=NaN, sex=female");
    assertThat(models.sessions()).isZero();
  }

  @Test
  void goldenRowsTolerateWhatSinglePrecisionLoses() {
    models.load(SmallModel.seal(artifacts, SmallModel.golden(120.001f, 11, 31))).close();
  }

  @Test
  void aSignatureThatIsNotTheModelsIsRefused() {
    var signature =
        new Signature(
            List.of(Field.column("age", DataType.FP32, true)), SmallModel.SIGNATURE.outputs());
    var digest =
        ModelPackage.seal(
            artifacts, SmallModel.graph().bytes(), signature, null, null, Json.object());
    assertThatThrownBy(() -> models.load(digest))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("the signature has 1 inputs, the model 2");
  }

  @Test
  void aDirectoryThatIsNoPackageIsNamedAsSuch() {
    var digest = artifacts.put(new Manifest(new TreeMap<>()));
    assertThatThrownBy(() -> models.load(digest))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("is no model package");
  }

  @Test
  void theFolderTellsMlflowWhatItNeedsAndHoldsNoClockAndNoRun() {
    var manifest = artifacts.manifest(SmallModel.seal(artifacts, null));
    assertThat(manifest.entries().keySet())
        .containsExactly(
            "MLmodel",
            "conda.yaml",
            "lock.json",
            "model.onnx",
            "python_env.yaml",
            "reference.json",
            "requirements.txt",
            "signature.json");
    var mlmodel = text(manifest, "MLmodel");
    assertThat(mlmodel)
        .contains(
            "loader_module: mlflow.onnx",
            "data: model.onnx",
            "\\\"dtype\\\":\\\"float32\\\",\\\"shape\\\":[-1]")
        .doesNotContain("run_id", "utc_time_created", "uuid");
  }

  @Test
  void aPackageImportedAsAFolderStaysWhatItIs() {
    var digest = SmallModel.seal(artifacts, SmallModel.golden(120, 11, 31));
    assertThat(models.importFolder(digest)).isEqualTo(digest);
  }

  @Test
  void goldenRowsAreReadAsTheyWereWritten() {
    var golden =
        new Golden(
            List.of(
                Tensor.of("a", 0.1f, Float.NaN, Float.POSITIVE_INFINITY),
                Tensor.of("b", 1L, -2, Long.MAX_VALUE),
                Tensor.of("c", "x", "", "\u00e9\"\n")),
            List.of(
                new Tensor(
                    "p",
                    DataType.FP64,
                    new long[] {3, 1},
                    new double[] {0.1, -1e-300, Double.NEGATIVE_INFINITY})),
            1e-6);
    assertThat(Golden.read(Json.parse(Json.canonical(golden.json())))).isEqualTo(golden);
  }

  private String text(Manifest manifest, String path) {
    return new String(
        artifacts.bytes(manifest.entry(path).digest(), 1 << 20), StandardCharsets.UTF_8);
  }
}
