package io.millrace.data;

import java.util.List;

/**
 * How many values fall into equal bins from low to high, and how many outside. The bins are frozen:
 * other data are counted over the same ones, so that two distributions can be compared.
 *
 * @param counts one a bin; a bin holds its lower edge, the last one its upper edge too. One bin
 *     where low = high
 * @param under values below low
 * @param over values above high
 */
public record Histogram(double low, double high, List<Long> counts, long under, long over) {
  static final int BINS = 20;

  public Histogram {
    counts = List.copyOf(counts);
  }

  /** The number of bins over a range. */
  static int bins(double low, double high) {
    return low == high ? 1 : BINS;
  }

  /** SQL of the bin's index of a value: -1 below the range, {@link #bins} above it. */
  static String index(String value, double low, double high) {
    int bins = bins(low, high);
    var inside =
        bins == 1
            ? "0"
            : "least(%d, cast(floor((%s - %s) / %s) as integer))"
                .formatted(bins - 1, value, literal(low), literal((high - low) / bins));
    return "case when %s < %s then -1 when %s > %s then %d else %s end"
        .formatted(value, literal(low), value, literal(high), bins, inside);
  }

  private static String literal(double value) {
    return "cast('" + value + "' as double)";
  }
}
