package io.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GarbageTest {
  @TempDir Path folder;
  private final Set<Digest> held = new HashSet<>();
  private Database database;
  private Artifacts artifacts;
  private Uploads uploads;
  private Garbage garbage;

  @BeforeEach
  void open() {
    open(Clock.systemUTC());
  }

  private void open(Clock clock) {
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("store"));
    uploads = new Uploads(database, artifacts, new FileTree(clock), 1_000, clock);
    garbage = new Garbage(database, artifacts, uploads, List.of(_ -> held, uploads));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Digest put(String content) {
    return artifacts.put(content.getBytes(UTF_8));
  }

  private Digest old(Digest digest) throws IOException {
    Files.setLastModifiedTime(
        file(digest), FileTime.from(Instant.now().minus(Garbage.AGE).minusSeconds(60)));
    return digest;
  }

  private Path file(Digest digest) {
    return artifacts
        .root()
        .resolve("blobs")
        .resolve(digest.hex().substring(0, 2))
        .resolve(digest.hex().substring(2));
  }

  private boolean isThere(Digest digest) {
    return Files.exists(file(digest));
  }

  @Test
  void oldBlobsThatNobodyRefersToGo() throws IOException {
    var chaff = old(put("chaff"));
    var grain = old(put("grain"));
    var young = put("young");
    held.add(grain);

    var found = garbage.find(Garbage.AGE);
    assertThat(found).isEqualTo(new Collected(0, 1, 5, 2, List.of(chaff)));
    assertThat(isThere(chaff)).as("found only").isTrue();

    assertThat(garbage.collect(Garbage.AGE)).isEqualTo(found);
    assertThat(isThere(chaff)).isFalse();
    assertThat(isThere(grain)).isTrue();
    assertThat(isThere(young)).isTrue();
    assertThat(put("chaff")).isEqualTo(chaff);
    assertThat(artifacts.file(chaff)).hasContent("chaff");
  }

  @Test
  void directoriesKeepTheirFilesAndThoseOfDirectoriesAmongThem() throws IOException {
    var part = old(put("part"));
    var inner = old(artifacts.put(Manifest.of(Map.of("part", new Entry(part, 4)))));
    var other = old(put("other"));
    var outer =
        artifacts.put(
            Manifest.of(
                Map.of(
                    "inner", new Entry(inner, artifacts.size(inner)),
                    "other", new Entry(other, 5))));
    old(outer);
    old(inner);
    old(other);
    held.add(outer);
    assertThat(garbage.collect(Garbage.AGE).blobs()).isZero();

    held.clear();
    for (var digest : List.of(part, inner, other, outer)) old(digest);
    assertThat(garbage.collect(Garbage.AGE).blobs()).isEqualTo(4);
  }

  @Test
  void whoeverPutsOrAsksForABlobKeepsItForAWhile() throws IOException {
    old(put("put"));
    var asked = old(put("asked"));
    var read = old(put("read"));
    var named = old(put("named"));
    put("put");
    assertThat(artifacts.contains(asked)).isTrue();
    assertThat(artifacts.bytes(read, 4)).hasSize(4);
    artifacts.checkFiles(Manifest.of(Map.of("named", new Entry(named, 5))));
    assertThat(garbage.collect(Garbage.AGE).blobs()).isZero();
  }

  @Test
  void aBlobMadeYoungNeedNotBeVerifiedAgain() throws IOException {
    var digest = put("grain");
    artifacts.file(digest);
    Files.setLastModifiedTime(file(digest), FileTime.from(Instant.EPOCH));
    artifacts.file(digest);
    // Same length, same time: only reading would find it out.
    var looks = Files.getLastModifiedTime(file(digest));
    file(digest).toFile().setWritable(true);
    Files.writeString(file(digest), "groin");
    Files.setLastModifiedTime(file(digest), looks);
    assertThat(artifacts.file(digest)).hasContent("groin");
  }

  @Test
  void aBlobPutWhileItIsCollectedIsThereAfterwards() throws Exception {
    try (var threads = Executors.newFixedThreadPool(3)) {
      for (int round = 0; round < 300; round++) {
        var content = ("round " + round % 7).getBytes(UTF_8);
        var digest = old(artifacts.put(content));
        Callable<Boolean> putting =
            () -> artifacts.put(new ByteArrayInputStream(content), digest).equals(digest);
        Callable<Boolean> asking =
            () -> !artifacts.contains(digest) || artifacts.bytes(digest, 100).length > 0;
        Callable<Boolean> collecting = () -> garbage.collect(Garbage.AGE).blobs() <= 1;
        for (var done : threads.invokeAll(List.of(collecting, putting)))
          assertThat(done.get()).isTrue();
        assertThat(isThere(digest)).as("put, in round %d", round).isTrue();
        old(digest);
        for (var done : threads.invokeAll(List.of(collecting, asking)))
          assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void nothingGoesWhileSomethingHeldIsMissingOrDamaged() throws IOException {
    var chaff = old(put("chaff"));
    held.add(Digest.of("missing"));
    assertThatThrownBy(() -> garbage.collect(Garbage.AGE))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining(Digest.of("missing").hex());
    held.clear();
    var damaged = put("grain");
    held.add(damaged);
    Files.delete(file(damaged));
    Files.writeString(file(damaged), "");
    assertThatThrownBy(() -> garbage.collect(Garbage.AGE)).isInstanceOf(Damaged.class);
    assertThat(isThere(chaff)).isTrue();
  }

  @Test
  void whatIsNoBlobIsLeft() throws IOException {
    var notes = artifacts.root().resolve("blobs/ab/notes");
    Files.writeString(notes, "foreign");
    Files.setLastModifiedTime(notes, FileTime.from(Instant.EPOCH));
    assertThat(garbage.collect(Garbage.AGE).blobs()).isZero();
    assertThat(notes).exists();
  }

  @Test
  void unfinishedUploadsKeepTheirPartsUntilNobodyGoesOnWithThem() throws IOException {
    var upload = uploads.begin("f", 1);
    var part = uploads.part(upload.id(), 1, new ByteArrayInputStream("part".getBytes(UTF_8)));
    old(part);
    assertThat(garbage.collect(Garbage.AGE).blobs()).isZero();
    close();
    open(Clock.offset(Clock.systemUTC(), Uploads.KEPT.plus(Duration.ofMinutes(1))));
    assertThat(garbage.find(Garbage.AGE).uploads()).isEqualTo(1);
    var collected = garbage.collect(Garbage.AGE);
    assertThat(collected.uploads()).isEqualTo(1);
    assertThat(collected.first()).containsExactly(part);
  }

  @Test
  void anAgeThatLeavesWritersNoTimeIsRefused() {
    assertThatThrownBy(() -> garbage.collect(Duration.ofMinutes(119)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("at least PT2H");
  }
}
