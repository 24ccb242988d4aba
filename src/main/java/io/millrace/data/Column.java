package io.millrace.data;

import org.jspecify.annotations.Nullable;

/** One column of a frame; type is DuckDB's name of the type it was read from. */
public sealed interface Column {
  String name();

  String type();

  /**
   * Numbers, truth values (1 and 0) and times (seconds since 1970 UTC).
   *
   * @param values NaN where there is none
   */
  record NumberColumn(String name, String type, double[] values) implements Column {}

  /** Text; equal values share one String where there are not too many. */
  record TextColumn(String name, String type, @Nullable String[] values) implements Column {}
}
