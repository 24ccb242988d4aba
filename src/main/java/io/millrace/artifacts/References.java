package io.millrace.artifacts;

import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Names the blobs that somebody relies on; every room that keeps digests answers. A scan reports
 * those that are gone, and garbage collection deletes what nobody names: what is named here keeps
 * its blob, and all that it names where it is a directory.
 */
public interface References {
  Collection<Digest> held(Snapshot s);

  /** What any of them relies on, all asked about the same moment. */
  static Set<Digest> held(Database database, Collection<? extends References> all) {
    return database.read(s -> {
      Set<Digest> held = new HashSet<>();
      all.forEach(one -> held.addAll(one.held(s)));
      return held;
    });
  }
}
