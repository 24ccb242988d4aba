package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.artifacts.Artifacts;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ForeignModelsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"titanic_logreg", "diamonds_mlp", "digits_cnn"})
  void modelsOfOtherLibrariesAnswerAsThoseLibrariesDid(String name) {
    var artifacts = new Artifacts(folder);
    var models = new Models(artifacts);
    var digest = models.importOnnx(name, artifacts.put(ForeignModels.onnx(name)));
    double relative = ForeignModels.cases(name).path("relative_tolerance").asDouble();
    try (var model = models.load(digest)) {
      var answers = model.run(ForeignModels.inputs(name));
      for (var expected : ForeignModels.expected(name)) {
        var got =
            answers.stream()
                .filter(answer -> answer.name().equals(expected.name()))
                .findFirst()
                .orElseThrow();
        assertThat(got.shape()).isEqualTo(expected.shape());
        double scale =
            Math.max(1, Arrays.stream(expected.numbers()).map(Math::abs).max().orElseThrow());
        assertThat(got.numbers())
            .as(expected.name())
            .containsExactly(expected.numbers(), within(relative * scale));
      }
    }
  }

  @Test
  void anImportSaysWhichProtectionsAreMissing() {
    var artifacts = new Artifacts(folder);
    var models = new Models(artifacts);
    var digest = models.importOnnx("titanic", artifacts.put(ForeignModels.onnx("titanic_logreg")));
    assertThat(models.missing(digest))
        .hasSize(3)
        .anyMatch(text -> text.startsWith("golden rows"))
        .anyMatch(text -> text.startsWith("reference statistics"))
        .anyMatch(text -> text.startsWith("lock"));
  }

  @Test
  void anImportAllowsMissingNumbersAndNothingElse() {
    var artifacts = new Artifacts(folder);
    var models = new Models(artifacts);
    try (var model =
        models.load(
            models.importOnnx("titanic", artifacts.put(ForeignModels.onnx("titanic_logreg"))))) {
      assertThat(model.signature().inputs())
          .contains(
              new Field("age", DataType.FP32, List.of(-1L, 1L), true),
              new Field("pclass", DataType.INT64, List.of(-1L, 1L), false),
              new Field("sex", DataType.BYTES, List.of(-1L, 1L), false));
    }
  }
}
