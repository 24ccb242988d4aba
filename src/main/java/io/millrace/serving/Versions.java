package io.millrace.serving;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;

/** What serving asks of the registry. */
public interface Versions {
  record Found(Version version, Digest content) {}

  /** The version that NAME, NAME/VERSION or NAME@ALIAS means now. */
  Found resolve(Snapshot s, String text);

  /** Moves the alias {@code champion} of the version's model to it. */
  void crown(Transaction tx, Version version);
}
