package io.millrace.serving.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Models;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import io.millrace.serving.oip.JsonMessages;
import io.millrace.serving.predictions.Predictions;
import io.millrace.serving.streams.kafka.KafkaTopics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A server's part that streams need, on a folder of the test's own. Model adding/N answers x + N.
 */
final class StreamRoom implements AutoCloseable {
  static final EndpointName SUMS = new EndpointName("sums");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  final Database database;
  final Endpoints endpoints;
  final Predictions predictions;
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Streams streams;

  StreamRoom(Path folder, String broker) {
    this(folder, broker, KafkaTopics::open);
  }

  StreamRoom(Path folder, String broker, Topics.Opener opener) {
    var clock = Clock.tickMillis(ZoneOffset.UTC);
    database = Database.open(folder.resolve("millrace.db"));
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    var metadata = new Metadata(database, clock);
    var models = new Models(artifacts);
    var versions = new ModelRegistry(database, metadata, models, clock);
    endpoints = new Endpoints(database, metadata, versions, models, registry, clock);
    if (endpoints.list().isEmpty()) {
      for (int number = 1; number <= 2; number++)
        versions.importOnnx(new ModelName("adding"), artifacts.put(adding(number)));
      endpoints.deploy(SUMS, "adding/1");
    } else endpoints.restore();
    var datasets = new Datasets(database, artifacts, metadata, folder.resolve("work"), clock);
    predictions =
        new Predictions(
            folder.resolve("predictions"),
            database,
            datasets,
            metadata,
            endpoints,
            Duration.ofMillis(20),
            clock);
    predictions.start();
    var inference =
        new Inference(
            endpoints,
            predictions.log()::offer,
            (_, _, _) -> {
              throw new IllegalStateException("no stream asks for explanations");
            },
            clock);
    streams =
        new Streams(
            database,
            metadata,
            endpoints,
            new Streams.Tools(inference, new JsonMessages(), Brokers.of(broker), opener),
            registry,
            clock);
    streams.start();
  }

  private static byte[] adding(float number) {
    var graph = new OnnxGraph("adding");
    graph.input("x", DataType.FP32, -1);
    graph.node("Add", "x", graph.floats("number", number)).out("y");
    return graph.output("y", DataType.FP32, -1).bytes();
  }

  /** Waits until so many records of the stream are done with. */
  void done(StreamName name, long records) {
    await(
        () -> {
          var stream = streams.stream(name);
          return stream.answered() + stream.deadLetters() >= records;
        },
        () -> "done with " + streams.stream(name));
  }

  static void await(BooleanSupplier condition, Supplier<String> what) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) throw new AssertionError("not in time: " + what.get());
      LockSupport.parkNanos(2_000_000);
    }
  }

  /** The ids that the prediction log has, each once. */
  List<String> logged() {
    var rows =
        predictions
            .sql("select distinct id from predictions order by id", SUMS, null, null, 10_000)
            .path("rows");
    var ids = new ArrayList<String>();
    for (var row : rows) ids.add(row.path(0).asText());
    return ids;
  }

  /** The numbers that an answer holds. */
  static List<Double> numbers(byte[] answer) {
    var output = Json.parse(new String(answer, StandardCharsets.UTF_8)).path("outputs").path(0);
    assertThat(output.path("name").asText()).isEqualTo("y");
    var numbers = new ArrayList<Double>();
    output.path("data").forEach(value -> numbers.add(value.asDouble()));
    return numbers;
  }

  @Override
  public void close() {
    streams.close();
    endpoints.close();
    predictions.close();
    database.close();
  }
}
