package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldersTest {
  @TempDir Path root;

  @Test
  void whatWasLeftGoesThoughAChildStillWritesThere() throws Exception {
    for (int round = 0; round < 20; round++) {
      var attempt = Files.createDirectories(root.resolve("attempts/run/step-1"));
      var begun = new CountDownLatch(50);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var child = threads.submit(() -> write(attempt, begun));
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        Folders.deleteLeft(root.resolve("attempts"), Set.of());
        assertThat(child.get()).as("the child finds no place any more").isTrue();
      }
      assertThat(root.resolve("attempts")).isEmptyDirectory();
    }
  }

  private static boolean write(Path folder, CountDownLatch begun) throws IOException {
    for (int i = 0; i < 1_000_000; i++) {
      try {
        Files.writeString(folder.resolve("events-" + i), "x");
      } catch (NoSuchFileException e) {
        return true;
      }
      begun.countDown();
    }
    return false;
  }

  @Test
  void aFolderThatIsNotThereIsGoneAlready() {
    Folders.delete(root.resolve("none"));
    Folders.deleteLeft(root.resolve("none"), Set.of());
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void whatIsKeptStaysAsItIs() throws IOException {
    for (var attempt : List.of("r/a-1", "r/b-2", "q/a-1"))
      Files.writeString(
          Files.createDirectories(root.resolve("attempts").resolve(attempt)).resolve("f"), "x");
    Folders.deleteLeft(root.resolve("attempts"), Set.of("r/b-2"));
    try (var left = Files.walk(root.resolve("attempts"))) {
      assertThat(left.filter(Files::isRegularFile).map(f -> root.relativize(f).toString()))
          .containsExactly("attempts/r/b-2/f");
    }
    assertThat(root.resolve("attempts/q")).doesNotExist();
  }
}
