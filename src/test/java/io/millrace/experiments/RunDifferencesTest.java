package io.millrace.experiments;

import static io.millrace.experiments.ExperimentsRoom.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.experiments.RunDifference.Change;
import io.millrace.experiments.RunDifference.FileChange;
import io.millrace.experiments.RunDifference.Pair;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Code of runs, and what differs between them. */
final class RunDifferencesTest {
  @TempDir Path folder;
  private ExperimentsRoom room;
  private Artifacts artifacts;
  private CodeSnapshots snapshots;
  private RunDifferences differences;
  private RunId a;
  private RunId b;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
    artifacts = new Artifacts(folder.resolve("artifacts"));
    snapshots = new CodeSnapshots(room.database, artifacts, room.files, room.runs);
    differences = new RunDifferences(room.database, artifacts, room.files, room.runs, room.models);
    a = room.run(0, "same", Map.of()).id();
    b = room.run(0, "same", Map.of()).id();
  }

  @AfterEach
  void close() {
    room.close();
  }

  private CodeSnapshots.Stored code(RunId run, Map<String, String> files) {
    return snapshots.store(run, files, Map.of(), null, false);
  }

  private void dataset(RunId run, String digest) {
    var input =
        new DatasetInput(
            "iris",
            digest,
            "local",
            "x",
            null,
            null,
            new TreeMap<>(Map.of(DatasetInput.CONTEXT, "train")));
    room.database.writing(tx -> room.runs.logInputs(tx, run, List.of(input), List.of()));
  }

  private void file(RunId run, String path, String text) {
    var content = text.getBytes(StandardCharsets.UTF_8);
    var digest = artifacts.put(content);
    room.database.writing(tx -> {
      var root = ArtifactRoot.path(room.runs.run(tx, run).artifacts()).orElseThrow();
      room.files.put(tx, root + "/" + path, digest, content.length);
    });
  }

  @Test
  void whatDiffersIsToldAndWhatIsEqualLeftOut() {
    room.params(a, Map.of("eta", "0.1", "seed", "7"));
    room.params(b, Map.of("eta", "0.2", "seed", "7", "depth", "3"));
    room.metrics(a, metric("auc", 0.5, 1), metric("nan", Double.NaN, 1));
    room.metrics(b, metric("auc", 0.75, 1), metric("nan", Double.NaN, 1));
    dataset(a, "d1");
    dataset(b, "d2");
    code(a, Map.of("train.py", "import os\nprint(1)\n", "same.py", "x\n", "old.py", "o\n"));
    code(b, Map.of("train.py", "import os\nprint(2)\n", "same.py", "x\n"));
    file(a, "model/requirements.txt", "mlflow==3.1\n");
    file(b, "model/requirements.txt", "mlflow==3.2\n");
    var difference = differences.of(a, b);
    assertThat(difference.params())
        .containsExactly(new Pair("depth", null, "3"), new Pair("eta", "0.1", "0.2"));
    assertThat(difference.metrics()).containsExactly(new Pair("auc", "0.5", "0.75"));
    assertThat(difference.datasets()).containsExactly(new Pair("iris (train)", "d1", "d2"));
    assertThat(difference.tags()).extracting(Pair::key).containsExactly(CodeSnapshots.TAG);
    assertThat(difference.code().files()).isEqualTo(Map.of("a", 3, "b", 2));
    assertThat(difference.code().changes())
        .containsExactly(
            new FileChange(
                "old.py", Change.REMOVED, "--- a/old.py\n+++ b/old.py\n@@ -1,1 +0,0 @@\n-o\n"),
            new FileChange(
                "train.py",
                Change.CHANGED,
                "--- a/train.py\n+++ b/train.py\n@@ -1,2 +1,2 @@\n import os\n-print(1)\n+print(2)\n"));
    assertThat(difference.environment())
        .singleElement()
        .satisfies(change -> {
          assertThat(change.path()).isEqualTo("model/requirements.txt");
          assertThat(change.diff()).contains("-mlflow==3.1", "+mlflow==3.2");
        });
  }

  @Test
  void equalRunsDifferInNothing() {
    code(a, Map.of("train.py", "x\n"));
    code(b, Map.of("train.py", "x\n"));
    var difference = differences.of(a, b);
    assertThat(difference.code().changes()).isEmpty();
    assertThat(difference.tags()).isEmpty();
  }

  @Test
  void textsThatDifferTooMuchAreNotCompared() {
    var first = new StringBuilder();
    var second = new StringBuilder();
    for (int i = 0; i < 6_000; i++) {
      first.append("a").append(i).append('\n');
      second.append("b").append(i).append('\n');
    }
    code(a, Map.of("big.py", first.toString()));
    code(b, Map.of("big.py", second.toString()));
    assertThat(differences.of(a, b).code().changes().getFirst().diff())
        .isEqualTo("(not shown: 12,000 lines differ or lie between those that do)");
  }

  @Test
  void codeIsKeptAsFilesOfTheRunAndNotReplacedUnasked() {
    var first = code(a, Map.of("src/train.py", "print(1)\n"));
    assertThat(code(a, Map.of("src/train.py", "print(1)\n"))).isEqualTo(first);
    assertThat(room.runs.data(a).tags()).containsEntry(CodeSnapshots.TAG, first.digest().hex());
    assertThatThrownBy(() -> code(a, Map.of("other.py", "")))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("has other files below code/ already");
    snapshots.store(a, Map.of("other.py", ""), Map.of(), "abc", true);
    var root =
        ArtifactRoot.path(room.database.read(s -> room.runs.run(s, a)).artifacts()).orElseThrow();
    var files = room.database.read(s -> room.files.below(s, root));
    assertThat(files)
        .extracting(f -> f.path().substring(root.length()))
        .containsExactly("/code/other.py");
    assertThat(room.runs.data(a).tags()).containsEntry("mlflow.source.git.commit", "abc");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {".env", "conf/.env.production", ".aws/config", "tls/server.key", "id_rsa"})
  void filesOfSecretsAreRefused(String path) {
    assertThatThrownBy(() -> code(a, Map.of(path, "x")))
        .isInstanceOf(Refused.class)
        .hasMessageContaining(path)
        .hasMessageEndingWith("leave it out");
  }

  @Test
  void onlyTextsWithinTheLimitsAreCode() {
    assertThatThrownBy(() -> code(a, Map.of("key.txt", "-----BEGIN RSA PRIVATE KEY-----")))
        .isInstanceOf(Refused.class);
    assertThatThrownBy(() -> code(a, Map.of("x.py", "a\0b"))).isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> code(a, Map.of("../x.py", ""))).isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> code(a, Map.of("x.py", "x".repeat((1 << 20) + 1))))
        .isInstanceOf(TooLarge.class);
    var many = new TreeMap<String, String>();
    for (int i = 0; i < 1_001; i++) many.put("f" + i, "");
    assertThatThrownBy(() -> code(a, many)).isInstanceOf(TooLarge.class);
    assertThatThrownBy(() -> code(a, Map.of())).isInstanceOf(InvalidInput.class);
  }
}
