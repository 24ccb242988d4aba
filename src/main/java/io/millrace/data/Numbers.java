package io.millrace.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the finite values of a column come to; truth values are 1 and 0, times seconds since 1970
 * UTC.
 *
 * @param stddev of the sample (n - 1); null below two values or where it cannot be expressed
 * @param quantiles at {@link Statistics#PROBABILITIES}, interpolated
 * @param histogram null where the range is too wide for a double
 */
public record Numbers(
    double min,
    double max,
    @Nullable Double mean,
    @Nullable Double stddev,
    List<Double> quantiles,
    @Nullable Histogram histogram) {
  public Numbers {
    quantiles = List.copyOf(quantiles);
  }
}
