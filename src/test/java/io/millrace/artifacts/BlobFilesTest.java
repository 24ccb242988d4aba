package io.millrace.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobFilesTest {
  private static final int BLOCK = 1 << 19;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 4_097, 70 << 20})
  void whatIsReceivedIsWhatWasSent(int size) throws IOException {
    checkReceived(new BlobFiles(folder), size);
  }

  /** Such file systems do not let anybody write past the page cache. */
  @Test
  void filesInMemoryTakeLargeBlobsToo() throws IOException {
    var memory = Path.of("/dev/shm");
    Assumptions.assumeTrue(Files.isWritable(memory), "there is no /dev/shm here");
    var root = Files.createTempDirectory(memory, "millrace-test");
    try {
      checkReceived(new BlobFiles(root), 70 << 20);
    } finally {
      try (var files = Files.walk(root).sorted(Comparator.reverseOrder())) {
        for (var file : files.toList()) Files.delete(file);
      }
    }
  }

  @Test
  void aSourceThatFailsMidwayLeavesNothing() throws IOException {
    var files = new BlobFiles(folder);
    var source =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[3 * BLOCK + 5]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the line is cut");
              }

              @Override
              public int read(byte[] target, int offset, int length) throws IOException {
                return read();
              }
            });
    assertThatThrownBy(() -> files.receive(source)).hasMessage("the line is cut");
    assertThat(folder.resolve("incoming")).isEmptyDirectory();
  }

  private static void checkReceived(BlobFiles files, int size) throws IOException {
    var bytes = new byte[size];
    var random = new Random(size);
    random.nextBytes(bytes);
    var received = files.receive(inPieces(bytes, random));
    files.publish(received);
    assertThat(received.digest()).isEqualTo(Digest.of(bytes));
    assertThat(received.size()).isEqualTo(size);
    assertThat(Files.mismatch(files.path(received.digest()), write(files, bytes))).isEqualTo(-1);
  }

  private static Path write(BlobFiles files, byte[] bytes) throws IOException {
    return Files.write(files.root().resolve("sent"), bytes);
  }

  /** As a network gives them: of any length. */
  private static InputStream inPieces(byte[] bytes, Random random) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, 1 + random.nextInt(200_000)));
      }
    };
  }
}
