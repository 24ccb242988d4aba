package io.millrace.artifacts;

import io.millrace.base.Digest;
import java.util.List;

/**
 * What a garbage collection deleted, or would delete.
 *
 * @param uploads unfinished uploads that were forgotten
 * @param kept blobs that stay: somebody refers to them, or they are young
 * @param first the digests of at most 100 of the blobs that go
 */
public record Collected(int uploads, long blobs, long bytes, long kept, List<Digest> first) {
  public Collected {
    first = List.copyOf(first);
  }

  Collected withUploads(int count) {
    return new Collected(count, blobs, bytes, kept, first);
  }
}
