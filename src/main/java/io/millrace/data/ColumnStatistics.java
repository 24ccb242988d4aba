package io.millrace.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one column.
 *
 * @param type DuckDB's name of its type
 * @param nulls missing values; NaN and infinities count as missing
 * @param distinct different values, estimated (HyperLogLog, about 2 %)
 * @param numbers of columns of numbers, truth values and times that have a value, else null
 * @param top the most frequent values, most frequent first; of numbers only where there are few
 *     different ones
 */
public record ColumnStatistics(
    String name,
    String type,
    long nulls,
    long distinct,
    @Nullable Numbers numbers,
    List<Frequent> top) {
  public ColumnStatistics {
    top = List.copyOf(top);
  }

  boolean isTime() {
    return Frame.Kind.of(type) == Frame.Kind.TIME;
  }

  boolean isText() {
    return Frame.Kind.of(type) == Frame.Kind.TEXT;
  }
}
