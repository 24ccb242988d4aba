package io.millrace.data;

import io.millrace.base.Digest;

/**
 * Statistics of datasets by their digest, computed once and kept, and what differs between two.
 * Thread-safe.
 */
public final class Profiles {
  private final Datasets datasets;
  private final StatisticsStore store = new StatisticsStore();

  public Profiles(Datasets datasets) {
    this.datasets = datasets;
  }

  /** The statistics of a dataset, given by its directory of Parquet files. */
  public Statistics profile(Digest data) {
    var known = datasets.database().read(snapshot -> store.find(snapshot, data));
    if (known.isPresent()) return known.get();
    Statistics statistics;
    try (var engine = datasets.engine()) {
      statistics = Profiler.profile(engine, datasets.relation(data));
    }
    datasets
        .database()
        .writing(tx -> store.insert(tx, data, statistics, datasets.clock().instant()));
    return statistics;
  }

  /**
   * How the second dataset differs from the first; distributions are compared over the first one's
   * bins.
   */
  public Difference diff(Digest before, Digest after) {
    var a = profile(before);
    var b = profile(after);
    try (var engine = datasets.engine()) {
      return new Comparison(engine, datasets.relation(after)).compare(a, b);
    }
  }
}
