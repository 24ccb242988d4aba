package io.millrace.experiments;

import java.time.Instant;
import java.util.SortedMap;

/**
 * What runs are collected under; the runs of one pipeline form one.
 *
 * @param folder where it is listed: names separated by '/', or empty
 * @param artifacts the root below which its runs' files lie, as a URI that clients resolve
 */
public record Experiment(
    long id,
    String name,
    String folder,
    String artifacts,
    Lifecycle lifecycle,
    Instant createdAt,
    Instant updatedAt,
    SortedMap<String, String> tags) {

  /** Where runs go whose program names no experiment. */
  public static final long DEFAULT = 0;

  public boolean isActive() {
    return lifecycle == Lifecycle.ACTIVE;
  }
}
