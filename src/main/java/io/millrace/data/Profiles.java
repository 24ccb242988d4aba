package io.millrace.data;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.TreeMap;

/** Statistics of datasets by their digest, computed once and kept, and what differs between two. Thread-safe. */
public final class Profiles {
  private final Database database;
  private final Artifacts artifacts;
  private final Path work;
  private final Clock clock;
  private final StatisticsStore store = new StatisticsStore();

  public Profiles(Database database, Artifacts artifacts, Path work, Clock clock) {
    this.database = database;
    this.artifacts = artifacts;
    this.work = work;
    this.clock = clock;
  }

  /** The statistics of a dataset, given by its directory of Parquet files. */
  public Statistics profile(Digest data) {
    var known = database.read(snapshot -> store.find(snapshot, data));
    if (known.isPresent()) return known.get();
    Statistics statistics;
    try (var engine = engine()) {
      statistics = Profiler.profile(engine, relation(data));
    }
    database.writing(tx -> store.insert(tx, data, statistics, clock.instant()));
    return statistics;
  }

  /** How the second dataset differs from the first; distributions are compared over the first one's bins. */
  public Difference diff(Digest before, Digest after) {
    var a = profile(before);
    var b = profile(after);
    try (var engine = engine()) {
      return new Comparison(engine, relation(after)).compare(a, b);
    }
  }

  private Engine engine() {
    return Engine.open(new Engine.Settings(List.of(artifacts.root()), work));
  }

  private String relation(Digest data) {
    var files = new TreeMap<String, Path>();
    artifacts.manifest(data).entries().forEach((path, entry) -> files.put(path, artifacts.file(entry.digest())));
    return Relation.of(files);
  }
}
