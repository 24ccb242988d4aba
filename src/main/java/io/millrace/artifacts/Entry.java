package io.millrace.artifacts;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;

/** One file of a directory: what it holds, and its length in bytes. */
public record Entry(Digest digest, long size) {
  public Entry {
    if (size < 0) throw new InvalidInput("size of " + digest, size, "0 or more bytes");
  }
}
