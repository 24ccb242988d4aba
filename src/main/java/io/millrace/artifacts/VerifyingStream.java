package io.millrace.artifacts;

import io.millrace.base.Damaged;
import io.millrace.base.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Reads a blob and, at its end, throws Damaged instead of ending if the bytes are not the blob's.
 */
final class VerifyingStream extends FilterInputStream {
  private final Digest expected;
  private final Path file;
  private final MessageDigest hash = Digest.sha256();
  private boolean ended;

  VerifyingStream(InputStream in, Digest expected, Path file) {
    super(in);
    this.expected = expected;
    this.file = file;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = in.read(buffer, offset, length);
    if (n > 0) hash.update(buffer, offset, n);
    if (n < 0 && !ended) {
      ended = true;
      if (!Digest.of(hash).equals(expected)) throw damaged(expected, file);
    }
    return n;
  }

  /** Reads and drops, so that what is skipped is verified too. */
  @Override
  public long skip(long count) throws IOException {
    var buffer = new byte[8192];
    long left = count;
    while (left > 0) {
      int n = read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) break;
      left -= n;
    }
    return count - left;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  static Damaged damaged(Digest blob, Path file) {
    return new Damaged(
        "blob %s is damaged: the bytes of %s have another digest; restore that file from a backup, or bring the data in again"
            .formatted(blob, file));
  }
}
