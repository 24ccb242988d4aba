package io.millrace.experiments;

import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.metadata.Metadata;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** The room on a database of its own, with a clock that tests move. */
final class ExperimentsRoom implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  final Database database;
  final Metadata metadata;
  final FileTree files;
  final Experiments experiments;
  final Runs runs;
  final LoggedModels models;
  private volatile Instant now = NOW;

  ExperimentsRoom(Path folder) {
    var clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    database = Database.open(folder.resolve("millrace.db"));
    metadata = new Metadata(database, clock);
    files = new FileTree(clock);
    experiments = new Experiments(database, metadata, clock);
    runs = new Runs(database, metadata, experiments, files, clock);
    models = new LoggedModels(experiments, runs, metadata, clock);
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  Run run(String name) {
    return run(Experiment.DEFAULT, name, Map.of());
  }

  Run run(long experiment, String name, Map<String, String> tags) {
    return database.write(
        tx -> runs.create(tx, new Runs.NewRun(experiment, name, "ana", now, tags, null)));
  }

  void metrics(RunId run, Metric... metrics) {
    var points = MetricPoints.of(List.of(metrics));
    database.writing(tx -> runs.log(tx, run, Map.of(), points, Map.of()));
  }

  void params(RunId run, Map<String, String> params) {
    database.writing(tx -> runs.log(tx, run, params, null, Map.of()));
  }

  static Metric metric(String key, double value, long step) {
    return new Metric(key, value, NOW.plusSeconds(step), step);
  }

  /** The names of the runs that a search finds, in its order. */
  List<String> found(String filter, String... order) {
    return runs
        .search(
            new RunQuery(
                List.of(Experiment.DEFAULT),
                FilterParser.parse(filter),
                java.util.Arrays.stream(order).map(FilterParser::order).toList(),
                RunQuery.View.ACTIVE_ONLY,
                1_000,
                0))
        .stream()
        .map(data -> data.run().name())
        .toList();
  }

  @Override
  public void close() {
    runs.close();
    database.close();
  }
}
