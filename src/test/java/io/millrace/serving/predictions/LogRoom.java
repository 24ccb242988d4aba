package io.millrace.serving.predictions;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Ids;
import io.millrace.data.Datasets;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import io.millrace.serving.Deployment;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The prediction log on a real database and files in a folder of the test's own. */
final class LogRoom implements AutoCloseable {
  static final EndpointName HOUSES = new EndpointName("houses");
  static final Duration FLUSH = Duration.ofMillis(20);

  /** A clock that tests move. */
  static final class Time extends Clock {
    private volatile Instant now = Instant.parse("2001-02-01T10:00:00Z");

    void pass(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  final Time clock;
  final Path folder;
  final Database database;
  final Artifacts artifacts;
  final ModelRegistry registry;
  final Metadata metadata;
  final Endpoints endpoints;
  final Predictions predictions;
  final Feedback feedback;
  private final Ids ids;

  LogRoom(Path folder) {
    this(folder, new Time(), new Predictions.Tuning(FLUSH));
  }

  LogRoom(Path folder, Time clock, Predictions.Tuning tuning) {
    this.folder = folder;
    this.clock = clock;
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, clock);
    var models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, clock);
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), clock);
    var datasets = new Datasets(database, artifacts, metadata, folder.resolve("work"), clock);
    predictions =
        new Predictions(
            folder.resolve("predictions"), database, datasets, metadata, endpoints, tuning, clock);
    feedback = new Feedback(predictions, clock);
    ids = new Ids(clock);
  }

  /** Only the log writes; nothing is compacted but by the test. */
  LogRoom writing() {
    predictions.log().start();
    return this;
  }

  void deploy() throws IOException {
    var onnx = Files.readAllBytes(Path.of("src/test/resources/models/titanic_logreg.onnx"));
    registry.importOnnx(new ModelName("titanic"), artifacts.put(onnx));
    endpoints.deploy(HOUSES, "titanic/1");
  }

  static Prediction prediction(String id, Instant at, List<Tensor> inputs, List<Tensor> outputs) {
    return new Prediction(
        id,
        at,
        123,
        new Deployment(
            1,
            HOUSES,
            new VersionId(new ModelName("titanic"), 1),
            new Digest("ab".repeat(32)),
            Instant.EPOCH),
        null,
        inputs,
        outputs,
        new Prediction.Caller("mine", Map.of("traceparent", "00-1-2-03")));
  }

  /** Offers a prediction of one row; returns its id. */
  String offer(float age) {
    var id = ids.next();
    predictions
        .log()
        .offer(
            prediction(
                id,
                clock.instant(),
                List.of(Tensor.of("age", age), Tensor.of("name", "row " + (long) age)),
                List.of(Tensor.of("probability", age / 100))));
    return id;
  }

  List<String> ids(@Nullable String where) {
    var found =
        predictions.list(
            new Predictions.Question(HOUSES, null, null, where, null, Predictions.MOST_LISTED));
    var list = new ArrayList<String>();
    for (var row : found.path("rows")) list.add(row.path(0).asText());
    return list;
  }

  @Override
  public void close() {
    predictions.close();
    endpoints.close();
    database.close();
  }
}
