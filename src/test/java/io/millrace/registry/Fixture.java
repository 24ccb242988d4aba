package io.millrace.registry;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.evaluation.Evaluations;
import io.millrace.evaluation.Request;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.ModelPackage;
import io.millrace.models.Models;
import io.millrace.models.Signature;
import io.millrace.models.onnx.OnnxGraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/**
 * The registry over real stores, with small models whose score is the logistic function of slope *
 * x + bend * noise.
 */
final class Fixture implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Models models;
  final Datasets datasets;
  final Evaluations evaluations;
  final ModelRegistry registry;

  Fixture(Path folder) {
    var clock = Clock.fixed(NOW, ZoneOffset.UTC);
    try {
      database = Database.open(folder.resolve("millrace.db"));
      artifacts = new Artifacts(folder.resolve("artifacts"));
      metadata = new Metadata(database, clock);
      models = new Models(artifacts);
      datasets =
          new Datasets(
              database,
              artifacts,
              metadata,
              Files.createDirectories(folder.resolve("work")),
              clock);
      evaluations = new Evaluations(artifacts, models, datasets);
      registry = new ModelRegistry(database, metadata, models, clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A package whose score is sigmoid(slope * x); every slope is another package, those of one sign
   * rank alike.
   */
  Digest model(double slope) {
    return ModelPackage.seal(
        artifacts,
        graph(slope).bytes(),
        new Signature(
            List.of(Field.column("x", DataType.FP32, true)),
            List.of(Field.column("probability", DataType.FP32, false))),
        null,
        null,
        Json.parse("{\"task\": \"binary\", \"label\": \"late\", \"classes\": [\"0\", \"1\"]}"));
  }

  static OnnxGraph graph(double slope) {
    var graph = new OnnxGraph("m");
    graph.input("x", DataType.FP32, -1);
    graph
        .node("Sigmoid", graph.add("Mul", "x", graph.floats("slope", (float) slope)))
        .out("probability");
    return graph.output("probability", DataType.FP32, -1);
  }

  /** 1,000 rows in which x and late go together, but not always. */
  Digest data() {
    try (var engine = datasets.engine(1)) {
      return datasets.store(
          engine,
          """
          select ((i * 7919) % 1000) / 500.0 - 1 as x, case when (i * 7919) % 1000 + (i * 104729) % 800 > 900 then 1 else 0 end as late,
                 case when i % 2 = 0 then 'even' else 'odd' end as half from range(1000) t(i) order by i
          """);
    }
  }

  Digest report(Digest model, Digest data) {
    return evaluations
        .evaluate(
            new Request(
                model,
                null,
                data,
                Request.Settings.forClassification().withSlices(List.of("half"))))
        .digest();
  }

  @Override
  public void close() {
    database.close();
  }
}
