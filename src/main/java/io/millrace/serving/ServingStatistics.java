package io.millrace.serving;

import java.util.List;

/**
 * How often one version at one endpoint answered since the server started, and how long the parts
 * of that took.
 *
 * @param lastMillis when it answered last, in milliseconds since 1970; 0 for never
 * @param inferences rows answered
 * @param executions calls of the model
 * @param queue what requests waited for the model
 * @param batches the calls by size
 */
public record ServingStatistics(
    long lastMillis,
    long inferences,
    long executions,
    Total success,
    Total failure,
    Total queue,
    Parts parts,
    List<Batch> batches) {
  public ServingStatistics {
    batches = List.copyOf(batches);
  }

  /** So many events, which took so long all together. */
  public record Total(long count, long nanos) {}

  /** Where the time of the answers went. */
  public record Parts(Total input, Total infer, Total output) {}

  /** The calls of one size, in rows; what it took to read and to write is not told apart. */
  public record Batch(long rows, Parts parts) {}
}
