package io.millrace.artifacts;

import io.millrace.base.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Iterator;

/** Blobs one after another as one stream; each is opened when the one before has ended. */
final class JoinedStream extends InputStream {
  private final Artifacts artifacts;
  private final Iterator<Digest> rest;
  private InputStream now = InputStream.nullInputStream();

  JoinedStream(Artifacts artifacts, Collection<Digest> blobs) {
    this.artifacts = artifacts;
    this.rest = blobs.iterator();
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    while (true) {
      int n = now.read(buffer, offset, length);
      if (n >= 0 || !rest.hasNext()) return n;
      now.close();
      now = artifacts.open(rest.next());
    }
  }

  @Override
  public void close() throws IOException {
    now.close();
  }
}
