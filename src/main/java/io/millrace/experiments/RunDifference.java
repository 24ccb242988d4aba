package io.millrace.experiments;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two runs, a and b; what is equal is left out.
 *
 * @param datasets by name and context, with their digests
 * @param code whether both have code, and its files that differ
 * @param environment files that say what the logged models need
 */
public record RunDifference(
    List<RunId> runs,
    List<Pair> datasets,
    Code code,
    List<Pair> params,
    List<Pair> metrics,
    List<Pair> tags,
    List<FileChange> environment) {

  /** A value of both, null where one has none. */
  public record Pair(String key, @Nullable String a, @Nullable String b) {}

  /** How many files of code each run has, and those that differ. */
  public record Code(Map<String, Integer> files, List<FileChange> changes) {}

  public enum Change {
    ADDED,
    REMOVED,
    CHANGED
  }

  /**
   * A file that differs.
   *
   * @param diff unified, or in brackets why it is not shown
   */
  public record FileChange(String path, Change change, String diff) {}
}
