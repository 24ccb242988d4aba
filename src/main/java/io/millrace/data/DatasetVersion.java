package io.millrace.data;

import io.millrace.base.Digest;
import java.time.Instant;
import java.util.List;

/**
 * An immutable state of a named dataset, by content.
 *
 * @param number counts from 1
 * @param digest of the directory of its Parquet files
 * @param source of what it was made from and how that was read
 */
public record DatasetVersion(
    String name,
    int number,
    Digest digest,
    long rows,
    long bytes,
    List<Engine.ColumnType> columns,
    Digest source,
    Instant createdAt) {
  public DatasetVersion {
    columns = List.copyOf(columns);
  }

  /** As NAME/NUMBER. */
  public String id() {
    return name + "/" + number;
  }
}
