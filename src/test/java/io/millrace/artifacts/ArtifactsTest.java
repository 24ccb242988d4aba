package io.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.TooLarge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactsTest {
  private static final Digest ABSENT = Digest.of("absent");

  @TempDir Path folder;
  private Artifacts artifacts;

  @BeforeEach
  void open() {
    artifacts = new Artifacts(folder.resolve("store"));
  }

  @Test
  void blobIsKnownByTheDigestOfItsBytes() throws IOException {
    var digest = artifacts.put("grain".getBytes(UTF_8));

    assertThat(digest.hex())
        .as("what sha256sum says")
        .isEqualTo("2c2240217b64aa2d2b96eaaf90be394c768fdab1277aa5aa97b0e2161f12bbd8");
    assertThat(artifacts.bytes(digest, 5)).asString(UTF_8).isEqualTo("grain");
    assertThat(artifacts.size(digest)).isEqualTo(5);
    assertThat(Files.readString(artifacts.file(digest))).isEqualTo("grain");
    assertThat(folder.resolve("store/incoming")).isEmptyDirectory();
  }

  @Test
  void blobIsFoundAgainByAnotherStoreOnTheSameFolder() {
    var digest = artifacts.put("grain".getBytes(UTF_8));
    assertThat(new Artifacts(folder.resolve("store")).contains(digest)).isTrue();
  }

  @Test
  void emptyBlobIsABlob() {
    assertThat(artifacts.bytes(artifacts.put(new byte[0]), 0)).isEmpty();
  }

  @Test
  void contentOfAnotherDigestIsNotStored() {
    assertThatThrownBy(() -> artifacts.put(stream("chaff"), Digest.of("grain")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(Digest.of("chaff").hex())
        .hasMessageContaining("expected digest " + Digest.of("grain"));
    assertThat(artifacts.contains(Digest.of("chaff"))).isFalse();
    assertThat(folder.resolve("store/incoming")).isEmptyDirectory();
  }

  @Test
  void sourceThatBreaksOffLeavesNothing() {
    var broken =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[100_000]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("connection reset");
              }

              @Override
              public int read(byte[] buffer, int offset, int length) throws IOException {
                return read();
              }
            });
    assertThatThrownBy(() -> artifacts.put(broken))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("connection reset");
    assertThat(folder.resolve("store/incoming")).isEmptyDirectory();
    assertThat(artifacts.verify(ProgressListener.none()).blobs()).isZero();
  }

  @Test
  void absentBlobIsNotFound() {
    assertThat(artifacts.contains(ABSENT)).isFalse();
    assertThatThrownBy(() -> artifacts.open(ABSENT)).isInstanceOf(NotFound.class);
    assertThatThrownBy(() -> artifacts.file(ABSENT)).isInstanceOf(NotFound.class);
    assertThatThrownBy(() -> artifacts.size(ABSENT)).isInstanceOf(NotFound.class);
  }

  @Test
  void blobLargerThanTheLimitIsNotRead() {
    var digest = artifacts.put("grain".getBytes(UTF_8));
    assertThatThrownBy(() -> artifacts.bytes(digest, 4))
        .isInstanceOf(TooLarge.class)
        .hasMessageContaining("5 bytes");
  }

  @Test
  void damagedBlobIsFoundOutByEveryWayOfReading() throws IOException {
    var digest = artifacts.put("grain".getBytes(UTF_8));
    damage(digest, "groin");

    assertThatThrownBy(() -> artifacts.bytes(digest, 100))
        .isInstanceOf(Damaged.class)
        .hasMessageContaining(digest.hex());
    assertThatThrownBy(() -> artifacts.file(digest)).isInstanceOf(Damaged.class);
    try (var in = artifacts.open(digest)) {
      assertThatThrownBy(() -> in.skipNBytes(6)).isInstanceOf(Damaged.class);
    }
  }

  @Test
  void bringingTheBytesInAgainMendsADamagedBlob() throws IOException {
    var digest = artifacts.put("grain".getBytes(UTF_8));
    damage(digest, "");

    artifacts.put(stream("grain"), digest);

    assertThat(Files.readString(artifacts.file(digest))).isEqualTo("grain");
    assertThat(artifacts.verify(ProgressListener.none()).damages()).isEmpty();
  }

  @Test
  void manyWritersOfTheSameAndOfOtherBlobsDisturbNobody() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var puts =
          IntStream.range(0, 64)
              .<Callable<Digest>>mapToObj(
                  i -> () -> artifacts.put(("blob " + i % 8).repeat(10_000).getBytes(UTF_8)))
              .toList();
      for (var put : threads.invokeAll(puts)) assertThat(artifacts.contains(put.get())).isTrue();
    }
    assertThat(artifacts.verify(ProgressListener.none()))
        .isEqualTo(new Verification(8, 480_000, List.of()));
    assertThat(folder.resolve("store/incoming")).isEmptyDirectory();
  }

  @Test
  void directoryComesOutAsItWentIn() throws IOException {
    var source = Files.createDirectories(folder.resolve("in/month=1")).getParent();
    Files.writeString(source.resolve("month=1/a.txt"), "a");
    Files.writeString(source.resolve("b.txt"), "b");

    var digest = artifacts.putDirectory(source);
    artifacts.checkOut(digest, folder.resolve("out"));

    assertThat(artifacts.manifest(digest).entries().keySet())
        .containsExactly("b.txt", "month=1/a.txt");
    assertThat(folder.resolve("out/month=1/a.txt")).hasContent("a");
    assertThat(folder.resolve("out/b.txt")).hasContent("b");
    assertThat(artifacts.putDirectory(folder.resolve("out"))).isEqualTo(digest);
    assertThatThrownBy(() -> artifacts.checkOut(digest, folder.resolve("out")))
        .isInstanceOf(Conflict.class);
  }

  @Test
  void linkInADirectoryIsRefused() throws IOException {
    var source = Files.createDirectory(folder.resolve("in"));
    Files.createSymbolicLink(
        source.resolve("passwords"), Files.writeString(folder.resolve("secret"), "x"));
    assertThatThrownBy(() -> artifacts.putDirectory(source))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("passwords");
  }

  @Test
  void manifestOfAbsentFilesIsRefused() {
    var manifest = Manifest.of(Map.of("a", new Entry(ABSENT, 6)));
    assertThatThrownBy(() -> artifacts.put(manifest))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("\"a\"");
  }

  @Test
  void otherBlobIsNoDirectory() {
    var digest = artifacts.put("{}".getBytes(UTF_8));
    assertThatThrownBy(() -> artifacts.manifest(digest))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("is not a directory");
  }

  @Test
  void scanReportsWhatIsDamagedMissingAndForeign() throws IOException {
    var damaged = artifacts.put("grain".getBytes(UTF_8));
    var part = artifacts.put("part".getBytes(UTF_8));
    var directory = artifacts.put(Manifest.of(Map.of("part.txt", new Entry(part, 4))));
    damage(damaged, "groin");
    Files.delete(path(part));
    Files.writeString(folder.resolve("store/blobs/ab/notes"), "foreign");

    var found = artifacts.verify(() -> Set.of(directory, ABSENT), ProgressListener.none());

    assertThat(found.blobs()).isEqualTo(2);
    assertThat(found.damages())
        .extracting(Damage::blob)
        .containsExactlyInAnyOrder(damaged.hex(), directory.hex(), "blobs/ab/notes", ABSENT.hex());
  }

  @Test
  void aBlobThatOnlyBeginsAsADirectoryDoesNotEndTheScan() {
    var large = new byte[66 << 20];
    var start = "{\"entries\":{".getBytes(UTF_8);
    System.arraycopy(start, 0, large, 0, start.length);
    artifacts.put(large);
    artifacts.put(start);
    var found = artifacts.verify(ProgressListener.none());
    assertThat(found.blobs()).isEqualTo(2);
    assertThat(found.damages()).isEmpty();
  }

  @Test
  void anUploadedDirectoryThatNobodyTookIsNoDamage() {
    var part = artifacts.put("part".getBytes(UTF_8));
    var changed = Manifest.of(Map.of("a", new Entry(part, 99), "b", new Entry(ABSENT, 6)));
    var uploaded = artifacts.put(changed.bytes());

    assertThat(artifacts.verify(Set::of, ProgressListener.none()).damages()).isEmpty();
    assertThat(artifacts.verify(() -> Set.of(uploaded), ProgressListener.none()).damages())
        .singleElement()
        .satisfies(damage -> assertThat(damage.problem()).contains("\"b\"", "missing"));
  }

  @Test
  void aDirectoryThatSaysOtherSizesThanItsFilesHaveIsRefused() {
    var part = artifacts.put("part".getBytes(UTF_8));
    var changed = Manifest.of(Map.of("a", new Entry(part, 99)));
    assertThatThrownBy(() -> artifacts.checkFiles(changed))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"a\" has 99 bytes in its directory")
        .hasMessageContaining("upload the folder again");
  }

  @Test
  void halfWrittenFilesOfAKilledProgramCanBeDropped() throws IOException {
    Files.writeString(folder.resolve("store/incoming/half"), "ha");
    artifacts.dropUnfinished();
    assertThat(folder.resolve("store/incoming")).isEmptyDirectory();
  }

  private void damage(Digest digest, String content) throws IOException {
    var file = path(digest);
    Files.delete(file);
    Files.writeString(file, content);
  }

  private Path path(Digest digest) {
    return folder.resolve(
        "store/blobs/%s/%s".formatted(digest.hex().substring(0, 2), digest.hex().substring(2)));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }
}
