package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Transaction;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetadataTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final Digest CONTENT = Digest.of("content");

  @TempDir Path folder;
  private Database database;
  private Metadata metadata;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    metadata = new Metadata(database, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void equalTypeNameAndDigestAreOneArtifact() {
    var first = artifact(ArtifactType.MODEL, CONTENT, "m");
    assertThat(artifact(ArtifactType.MODEL, CONTENT, "m")).isEqualTo(first);
    assertThat(artifact(ArtifactType.DATASET, CONTENT, "m")).isNotEqualTo(first);
    assertThat(artifact(ArtifactType.MODEL, CONTENT, "n")).isNotEqualTo(first);
    assertThat(artifact(ArtifactType.ENDPOINT, null, "e"))
        .isEqualTo(artifact(ArtifactType.ENDPOINT, null, "e"));
  }

  @Test
  void artifactIsReadBackAsItWasMade() {
    var id =
        database.write(tx ->
            metadata.artifact(
                tx, ArtifactType.REPORT, CONTENT, "report", Json.object().put("rows", 3)));
    assertThat(database.<Artifact>read(s -> metadata.artifact(s, id)))
        .isEqualTo(
            new Artifact(
                id, ArtifactType.REPORT, CONTENT, "report", Json.parse("{\"rows\":3}"), NOW));
  }

  @Test
  void executionEndsOnceAndKeepsWhatItBeganWith() {
    var id =
        database.write(tx -> metadata.begin(tx, "step", "train", Json.object().put("seed", 7)));
    database.writing(
        tx -> metadata.end(tx, id, ExecutionState.COMPLETE, Json.object().put("rounds", 90)));

    Execution ended = database.read(s -> metadata.execution(s, id));
    assertThat(ended.state()).isEqualTo(ExecutionState.COMPLETE);
    assertThat(ended.endedAt()).isEqualTo(NOW);
    assertThat(ended.properties()).isEqualTo(Json.parse("{\"rounds\":90,\"seed\":7}"));
    assertThatThrownBy(() ->
            database.writing(tx -> metadata.end(tx, id, ExecutionState.FAILED, Json.object())))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("already ended as COMPLETE");
  }

  @Test
  void whatIsWrittenInAFailingTransactionWasNeverThere() {
    assertThatThrownBy(() ->
            database.writing(tx -> {
              metadata.artifact(tx, ArtifactType.MODEL, CONTENT, "m", Json.object());
              throw new Conflict("no");
            }))
        .isInstanceOf(Conflict.class);
    assertThat(database.<Integer>read(s -> metadata.find(s, CONTENT).size())).isZero();
  }

  @Test
  void contextGathersWhatIsAttached() {
    database.writing(tx -> {
      var run = metadata.context(tx, "pipeline-run", "r1");
      assertThat(metadata.context(tx, "pipeline-run", "r1")).isEqualTo(run);
      metadata.attach(tx, run, metadata.begin(tx, "step", "a", Json.object()));
      metadata.attach(tx, run, metadata.begin(tx, "step", "b", Json.object()));
      metadata.attach(
          tx, run, metadata.artifact(tx, ArtifactType.MODEL, CONTENT, "m", Json.object()));
      metadata.begin(tx, "step", "elsewhere", Json.object());
    });
    assertThat(database.<List<Execution>>read(s -> metadata.executions(s, "pipeline-run", "r1")))
        .extracting(Execution::name)
        .containsExactly("a", "b");
  }

  @Test
  void artifactIsResolvedByNumberDigestPrefixAndName() {
    var model = artifact(ArtifactType.MODEL, CONTENT, "flight-delay/1");
    var version = artifact(ArtifactType.MODEL_VERSION, CONTENT, "flight-delay/1");
    artifact(ArtifactType.ENDPOINT, null, "flight-delay/1");

    assertThat(resolve(version.toString())).isEqualTo(version);
    assertThat(resolve(CONTENT.hex())).isEqualTo(model);
    assertThat(resolve(CONTENT.hex().substring(0, 8))).isEqualTo(model);
    assertThat(resolve("flight-delay/1")).isEqualTo(version);
    assertThatThrownBy(() -> resolve("flight-delay/2"))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("a name such as");
    assertThatThrownBy(() -> resolve(CONTENT.hex().substring(0, 7))).isInstanceOf(NotFound.class);
  }

  @Test
  void digestStartThatSeveralShareIsRefused() {
    artifact(ArtifactType.MODEL, new Digest("abcdef01" + "0".repeat(56)), "a");
    artifact(ArtifactType.MODEL, new Digest("abcdef01" + "1".repeat(56)), "b");
    assertThatThrownBy(() -> resolve("abcdef01"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("more digits");
    assertThat(resolve("abcdef011")).isEqualTo(resolve("b"));
  }

  @Test
  void blobsOfStoredTypesAreHeld() {
    artifact(ArtifactType.MODEL, CONTENT, "m");
    artifact(ArtifactType.PARAMETERS, Digest.of("parameters"), "p");
    artifact(ArtifactType.ENDPOINT, null, "e");
    assertThat(database.<Collection<Digest>>read(metadata::held)).containsExactly(CONTENT);
  }

  private ArtifactId artifact(ArtifactType type, @Nullable Digest digest, String name) {
    return database.write(
        (Transaction tx) -> metadata.artifact(tx, type, digest, name, Json.object()));
  }

  private ArtifactId resolve(String text) {
    return database.read(s -> metadata.resolve(s, text));
  }
}
