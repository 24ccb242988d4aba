package io.millrace.experiments.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Manifest;
import io.millrace.base.InvalidInput;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ArtifactPathTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "%252e%252e%252fx",
        "..%2fx",
        "a/%2e%2e/x",
        "/etc/passwd",
        "%2fetc/passwd",
        "a//b",
        "a/",
        "C:/x",
        "C:%5cx",
        "a%5cb",
        "a%00b",
        "a/./b",
        "a#b",
        "a/ ../b",
        "a/..;/b",
        "a/...",
        ".artifact.uploading.x",
        "%25252525252525252e%2e/x"
      })
  void whatCouldLeadOutIsRefused(String raw) {
    assertThatThrownBy(() -> ArtifactPath.ofUrl(raw)).isInstanceOf(InvalidInput.class);
  }

  @ParameterizedTest
  @CsvSource({
    "a/b.txt, a/b.txt",
    "a%20b, a b",
    "a+b, a+b",
    "x%2520y, x%20y",
    "im%25step%252, im%step%2",
    "%C3%BC/x, ü/x",
    "..a/b.., ..a/b..",
    "100%, 100%",
    "per%cent, per%cent"
  })
  void aNameIsDecodedOnce(String raw, String path) {
    assertThat(ArtifactPath.ofUrl(raw)).isEqualTo(path);
  }

  /** Whatever is accepted stays in its folder, however often somebody decodes it. */
  @Test
  void whatIsAcceptedIsSafeAtEveryLayer() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    String[] parts = {
      "a", ".", "..", "/", "%2e", "%2f", "%25", "%5c", "\\", "%00", "x y", ";", "ü", "%", "2e"
    };
    for (int round = 0; round < 20_000; round++) {
      var raw = new StringBuilder();
      for (int i = random.nextInt(8); i >= 0; i--) raw.append(parts[random.nextInt(parts.length)]);
      String path;
      try {
        path = ArtifactPath.ofUrl(raw.toString());
      } catch (InvalidInput e) {
        continue;
      }
      for (int layer = 0; layer < 5 && !path.isEmpty(); layer++) {
        if (layer == 0) Manifest.check(path);
        assertThat(path.split("/")).as("seed %d, %s", seed, raw).doesNotContain("..", ".", "");
        path = Locations.once(path);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "/etc/passwd",
        "etc/passwd",
        "file:/etc",
        "FILE:///etc",
        "http://127.0.0.1/x",
        "https://x/y",
        "ftp://x/y",
        "mlflow-artifacts://host/x",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/%2e%2e/x",
        "s3://b/../x",
        "s3://b/x#y",
        "s3://b/x?y",
        "s3://b/x;y",
        "runs:/x",
        "",
        "s3://b/%00",
        "hdfs://x/y",
        "C:\\x",
        "s3:\\\\b"
      })
  void locationsThatCouldMisleadAreRefused(String uri) {
    assertThatThrownBy(() -> Locations.checked(uri, "artifact_location"))
        .isInstanceOf(InvalidInput.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://bucket/a/b",
        "gs://bucket/x",
        "wasbs://c@a/x",
        "mlflow-artifacts:/mine",
        "dbfs:/x"
      })
  void locationsElsewhereAreKept(String uri) {
    assertThat(Locations.checked(uri, "artifact_location")).isEqualTo(uri);
  }
}
