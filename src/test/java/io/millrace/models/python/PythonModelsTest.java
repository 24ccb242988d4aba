package io.millrace.models.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Refused;
import io.millrace.base.Unsupported;
import io.millrace.models.Models;
import io.millrace.models.OnnxSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonModelsTest {
  private static final String MLMODEL =
      """
      flavors:
        python_function:
          loader_module: mlflow.sklearn
      signature:
        inputs: '[{"type": "double", "name": "age"}]'
        outputs: '[{"type": "double"}]'
      """;

  @TempDir Path folder;

  private Digest model(Artifacts artifacts, String mlmodel) throws IOException {
    var files = Files.createDirectories(folder.resolve("files"));
    Files.writeString(files.resolve("MLmodel"), mlmodel);
    return artifacts.putDirectory(files);
  }

  private static void load(Models models, Digest digest) {
    models.predictor(digest, OnnxSession.Settings.serving(), Duration.ofSeconds(5)).close();
  }

  @Test
  void anInterpreterWithoutMlflowIsNamedWithWhatItLacksAndNothingIsLeft() throws IOException {
    assumeTrue(PythonWorkerTest.exists("python3"), "not run: there is no python3 on the PATH");
    var bare = folder.resolve("bare-python");
    Files.createFile(
        bare, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(bare, "#!/bin/sh\nexec python3 -I -S \"$@\"\n");
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    var work = folder.resolve("work");
    var python = new PythonModels(artifacts, work, PythonSettings.of(bare.toString(), null));
    var models = new Models(artifacts, python);
    var digest = model(artifacts, MLMODEL);
    assertThatThrownBy(() -> load(models, digest))
        .isInstanceOf(Refused.class)
        .hasMessageContaining(
            "lacks what the model needs (ModuleNotFoundError: No module named 'mlflow')")
        .hasMessageContaining("or name another with `millrace up --python PATH`");
    assertThat(python.processes()).isZero();
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void foldersOfOtherFlavorsAreRefused() throws IOException {
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    var digest = model(artifacts, "flavors: {spark: {}}\n");
    assertThatThrownBy(() -> load(new Models(artifacts), digest))
        .isInstanceOf(Unsupported.class)
        .hasMessageEndingWith(
            "MLflow model of flavor spark; only onnx and python_function are served");
  }
}
