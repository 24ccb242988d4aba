package io.millrace.registry;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is said of a version and may change, and where it came from.
 *
 * @param uri what a client named as its source; empty for a package registered here
 * @param storage where clients read its files; empty for a package registered here
 * @param run the id of the run that made it, or empty
 * @param loggedModel the logged model that it was, or empty
 * @param stage MLflow's old word: None, Staging, Production or Archived
 */
public record VersionCard(
    String uri,
    String storage,
    String run,
    String loggedModel,
    String description,
    String stage,
    Instant updatedAt,
    SortedMap<String, String> tags) {
  public VersionCard {
    tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
  }

  /** Of a package registered here. */
  static VersionCard plain(Instant at) {
    return new VersionCard("", "", "", "", "", "None", at, new TreeMap<>());
  }
}
