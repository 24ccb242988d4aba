package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
  private static final Path FLIGHTS = Path.of("examples/flights/data");

  @TempDir Path folder;
  private DataRoom room;

  @BeforeEach
  void open() {
    room = new DataRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  @Test
  void anotherPartitionMakesAVersionThatSharesTheOldFiles() {
    var all = room.folder(FLIGHTS.resolve("flights"));
    var some = new TreeMap<>(all);
    some.remove(all.lastKey());
    var first = room.register("flights", some);
    var second = room.register("flights", all);
    assertThat(second.number()).isEqualTo(2);
    assertThat(second.rows()).isEqualTo(745_742);
    assertThat(room.artifacts.manifest(second.digest()).entries())
        .containsAllEntriesOf(room.artifacts.manifest(first.digest()).entries());
    assertThat(room.datasets.named("flights").number()).isEqualTo(2);
    assertThat(room.datasets.named("flights/1")).isEqualTo(first);
  }

  @Test
  void theSameContentIsTheSameVersionHoweverItCame() {
    var first = room.datasets.register("t", room.texts("a.csv", "x\n1\n"), SourceOptions.DEFAULT);
    assertThat(first.created()).isTrue();
    assertThat(
            room.datasets
                .register("t", room.texts("a.csv", "x\n1\n"), SourceOptions.DEFAULT)
                .created())
        .isFalse();
    assertThat(
            room.datasets
                .register("t", room.texts("a.csv", "x\r\n\"1\"\r\n"), SourceOptions.DEFAULT)
                .version())
        .isEqualTo(first.version());
    assertThat(room.datasets.versions("t")).hasSize(1);
  }

  @Test
  void goingBackToEarlierContentMakesThatVersionCurrent() {
    var first = room.register("t", room.texts("a.csv", "x\n1\n"));
    room.register("t", room.texts("a.csv", "x\n2\n"));
    assertThat(room.register("t", room.texts("a.csv", "x\n1\n"))).isEqualTo(first);
    assertThat(room.datasets.named("t").number()).isEqualTo(1);
    assertThat(room.datasets.versions("t"))
        .extracting(DatasetVersion::number)
        .containsExactly(2, 1);
  }

  @Test
  void aVersionIsInTheGraphWithTheFilesItCameFrom() {
    var version = room.register("t", room.texts("a.csv", "x\n1\n", "b.csv", "x\n2\n"));
    room.database.read(s -> {
      var artifact = room.metadata.named(s, ArtifactType.DATASET_VERSION, "t/1").orElseThrow();
      assertThat(artifact.digest()).isEqualTo(version.digest());
      var lineage = room.metadata.lineage(s, artifact.id(), Direction.UP, 3);
      assertThat(lineage.artifacts()).extracting("name").contains("a.csv", "b.csv");
      return artifact;
    });
  }

  @Test
  void namesThatDoNotExistAreToldWithTheNearest() {
    room.register("flights", room.texts("a.csv", "x\n1\n"));
    assertThatThrownBy(() -> room.datasets.named("flihgts"))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("did you mean \"flights\"?");
    assertThatThrownBy(() -> room.datasets.named("flights/7"))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("the newest is 1");
    assertThatThrownBy(() -> room.register("../x", room.texts("a.csv", "x\n1\n")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("dataset name");
  }

  @Test
  void nothingIsLeftInTheWorkFolder() {
    room.register("t", room.texts("a.csv", "x\n1\n"));
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }
}
