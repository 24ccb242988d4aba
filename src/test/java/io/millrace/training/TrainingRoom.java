package io.millrace.training;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.data.Column;
import io.millrace.data.Engine;
import io.millrace.data.Frame;
import io.millrace.data.Sql;
import io.millrace.models.LoadedModel;
import io.millrace.models.Models;
import io.millrace.pipelines.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An artifact store with the example data, and the trainers on it. */
final class TrainingRoom {
  static final Path EXAMPLES = Path.of("examples").toAbsolutePath();
  static final String PROGRAM = "0".repeat(64);
  static final Path DATA = Path.of("src/test/resources/data").toAbsolutePath();

  final Path folder;
  final Artifacts artifacts;
  final Models models;

  TrainingRoom(Path folder) {
    this.folder = folder;
    artifacts = new Artifacts(folder.resolve("artifacts"));
    models = new Models(artifacts);
  }

  /** The result of a query as a data set; tables are views over Parquet files. */
  Digest data(Map<String, String> views, String sql) throws IOException {
    try (var engine =
        Engine.open(
            new Engine.Settings(List.of(EXAMPLES, DATA), folder.resolve("engine"))
                .withThreads(1))) {
      for (var view : views.entrySet()) {
        engine.execute(
            "create view %s as select * from read_parquet(%s)"
                .formatted(Sql.name(view.getKey()), Sql.text(view.getValue())));
      }
      var file = engine.folder().resolve("rows.parquet");
      engine.execute("copy (%s) to %s (format parquet)".formatted(sql, Sql.text(file.toString())));
      return artifacts.put(
          Manifest.of(
              Map.of("part-0.parquet", new Entry(artifacts.putFile(file), Files.size(file)))));
    }
  }

  Digest titanic(String select) throws IOException {
    return data(
        Map.of("titanic", DATA.resolve("titanic.parquet").toString()),
        "select " + select + " from titanic order by passenger_id");
  }

  Digest diamonds(String select, String where) throws IOException {
    return data(
        Map.of("diamonds", EXAMPLES.resolve("diamonds/data/diamonds.parquet").toString()),
        "select " + select + " from diamonds where " + where + " order by diamond_id");
  }

  /** The examples of the flights project, as its own query makes them. */
  Digest flights(String from, String until, String where) throws IOException {
    var data = EXAMPLES.resolve("flights/data");
    var views = new HashMap<String, String>();
    for (var table : List.of("flights", "labels", "airport_hourly", "route_daily"))
      views.put(table, data.resolve(table) + "/month=2001-0[12]/*.parquet");
    var sql =
        Files.readString(EXAMPLES.resolve("flights/queries/examples.sql"))
            .replace("$from", "timestamptz '" + from + "'")
            .replace("$until", "timestamptz '" + until + "'");
    return data(
        views, "select * from (" + sql + ") where " + where + " order by dep_ts, flight_id");
  }

  FakeTask task(Digest data, String values) {
    return new FakeTask(folder.resolve("work"), data, values);
  }

  LoadedModel model(Result result) {
    return models.load(result.artifacts().get("model").digest());
  }

  /** One of the packages in the directory of baselines. */
  LoadedModel baseline(Result result, String name) {
    var entries = new TreeMap<String, Entry>();
    artifacts
        .manifest(result.artifacts().get("baselines").digest())
        .entries()
        .forEach((path, entry) -> {
          if (path.startsWith(name + "/")) entries.put(path.substring(name.length() + 1), entry);
        });
    return models.load(artifacts.put(new Manifest(entries)));
  }

  Frame frame(Digest data) {
    return Frame.read(
        artifacts.manifest(data).entries().values().stream()
            .map(entry -> artifacts.file(entry.digest()))
            .toList(),
        List.of());
  }

  static Map<String, Object> columns(Frame frame) {
    var columns = new HashMap<String, Object>();
    for (var column : frame.columns()) {
      columns.put(
          column.name(),
          switch (column) {
            case Column.NumberColumn numbers -> numbers.values();
            case Column.TextColumn texts -> texts.values();
          });
    }
    return columns;
  }
}
