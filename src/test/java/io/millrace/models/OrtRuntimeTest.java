package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OrtRuntimeTest {
  @TempDir Path folder;

  /** With its telemetry on, the runtime would end this process with a segmentation fault. */
  @Test
  void theRuntimeStartsUnderALongCommandLine() throws Exception {
    var output = folder.resolve("output").toFile();
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-Dpadding=" + "x".repeat(10_000),
                Answering.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output);
    process.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    var started = process.start();
    assertThat(started.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(started.exitValue()).as("exit status; see the output: %s", output).isZero();
  }

  /** Opens a model and ends. */
  static final class Answering {
    private Answering() {}

    public static void main(String[] arguments) {
      OnnxSession.open(SmallModel.graph().bytes(), OnnxSession.Settings.serving()).close();
    }
  }
}
