package io.millrace.experiments;

import io.millrace.base.Snapshot;
import java.util.List;

/** Asked before a run is deleted for good; rooms that rely on runs answer. */
public interface RunUsers {
  /** What would break, each in a sentence. */
  List<String> usersOf(Snapshot s, RunId run);
}
