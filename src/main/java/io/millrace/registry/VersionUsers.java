package io.millrace.registry;

import io.millrace.base.Snapshot;
import java.util.List;

/** Asked before a version is deleted; rooms that rely on versions answer. */
public interface VersionUsers {
  /** Who uses the version, each in a sentence. */
  List<String> usersOf(Snapshot s, VersionId version);
}
