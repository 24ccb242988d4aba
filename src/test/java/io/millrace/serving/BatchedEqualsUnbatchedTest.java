package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Futures;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.LoadedModel;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random requests of random shapes, answered together and alone: 100,000 in all. */
class BatchedEqualsUnbatchedTest {
  private static final long SEED = Long.getLong("seed", 20_260_101L);
  private static final int WINDOW = 400;

  @TempDir Path folder;
  private final Crew crew = new Crew();
  private final Random random = new Random(SEED);
  private Artifacts artifacts;
  private Models models;

  @BeforeEach
  void open() {
    artifacts = new Artifacts(folder);
    models = new Models(artifacts);
  }

  @AfterEach
  void close() {
    crew.close();
  }

  /** Rows of any width, a text and a whole number: sums, doubles and codes. */
  private static byte[] mixed() {
    var graph = new OnnxGraph("mixed");
    graph.input("x", DataType.FP32, -1, -1);
    graph.input("k", DataType.INT64, -1);
    graph.input("s", DataType.BYTES, -1);
    graph.node("ReduceSum", "x", graph.longs("axis", 1)).with("keepdims", 0).out("sum");
    graph.node("Add", "x", "x").out("doubled");
    graph.node("Mul", "k", graph.longs("three", 3)).out("tripled");
    graph
        .node("LabelEncoder", "s")
        .ml()
        .with("keys_strings", List.of("a", "b", "ü"))
        .with("values_floats", new float[] {1, 2, 3})
        .with("default_float", -1f)
        .out("code");
    graph.output("sum", DataType.FP32, -1);
    graph.output("doubled", DataType.FP32, -1, -1);
    graph.output("tripled", DataType.INT64, -1);
    graph.output("code", DataType.FP32, -1);
    return graph.bytes();
  }

  @Test
  void ofRowsOfAnyWidth() {
    holds(
        mixed(),
        50_000,
        model -> {
          int rows = rows();
          int width = 1 + random.nextInt(4);
          var x = new float[rows * width];
          for (int i = 0; i < x.length; i++) x[i] = (float) (100 * random.nextGaussian());
          var k = random.longs(rows).toArray();
          var s = new String[rows];
          for (int i = 0; i < rows; i++) s[i] = List.of("a", "b", "ü", "").get(random.nextInt(4));
          return List.of(
              new Tensor("x", DataType.FP32, new long[] {rows, width}, x),
              Tensor.of("k", k),
              Tensor.of("s", s));
        });
  }

  @Test
  void ofPerceptronsAndRegressionsMadeElsewhere() throws IOException {
    holds(file("titanic_logreg"), 25_000, this::like);
    holds(file("diamonds_mlp"), 24_000, this::like);
  }

  @Test
  void ofImages() throws IOException {
    holds(file("digits_cnn"), 1_000, this::like);
  }

  private static byte[] file(String name) throws IOException {
    return Files.readAllBytes(Path.of("src/test/resources/models", name + ".onnx"));
  }

  private int rows() {
    return random.nextInt(50) == 0 ? 1 + random.nextInt(100) : 1 + random.nextInt(4);
  }

  /** Values that its inputs can take. */
  private List<Tensor> like(LoadedModel model) {
    int rows = rows();
    var tensors = new ArrayList<Tensor>();
    for (var field : model.signature().inputs()) {
      var shape = field.shape().stream().mapToLong(size -> size).toArray();
      shape[0] = rows;
      int count = (int) Tensor.elements(field.name(), shape);
      Object data;
      switch (field.datatype()) {
        case FP32 -> {
          var values = new float[count];
          for (int i = 0; i < count; i++) values[i] = random.nextFloat();
          data = values;
        }
        case BYTES -> {
          var values = new String[count];
          for (int i = 0; i < count; i++)
            values[i] = List.of("male", "female", "S", "Ideal", "E", "VS1").get(random.nextInt(6));
          data = values;
        }
        case INT64 -> data = random.longs(count, 0, 4).toArray();
        default -> throw new AssertionError(field);
      }
      tensors.add(new Tensor(field.name(), field.datatype(), shape, data));
    }
    return tensors;
  }

  private record Asked(List<Tensor> inputs, Set<String> outputs, Pending pending) {}

  private static Pending pending(List<Tensor> inputs, Set<String> outputs) {
    long now = System.nanoTime();
    return new Pending(inputs, outputs, now, now + TimeUnit.MINUTES.toNanos(10));
  }

  private void holds(byte[] onnx, int requests, Function<LoadedModel, List<Tensor>> making) {
    var registry = new SimpleMeterRegistry();
    var meters =
        new EndpointMeters.All(registry)
            .of(new EndpointName("any"), new VersionId(new ModelName("any"), 1));
    try (var model = models.load(models.importOnnx("any", artifacts.put(onnx)))) {
      var warmUp = WarmUp.of(model);
      assertThat(warmUp.apart()).isNull();
      var settings = EndpointSettings.of(Json.object().put("concurrency", 1));
      var begun = new Semaphore(0);
      var allowed = new Semaphore(0);
      Batcher.Computation computation =
          (inputs, outputs) -> {
            if (!inputs.isEmpty()) return model.run(inputs, outputs);
            begun.release();
            allowed.acquireUninterruptibly();
            return List.of();
          };
      var batcher =
          new Batcher(new EndpointName("any"), computation, settings, warmUp, meters, crew);
      var names = model.signature().outputNames();
      for (int done = 0; done < requests; done += WINDOW) {
        // The model is held until all are in the line.
        crew.work(() -> {
          var _ = batcher.submit(pending(List.of(), Set.of()));
        });
        begun.acquireUninterruptibly();
        var asked = new ArrayList<Asked>();
        for (int i = 0; i < Math.min(WINDOW, requests - done); i++) {
          var inputs = making.apply(model);
          Set<String> outputs =
              random.nextInt(4) == 0 ? Set.of(names.get(random.nextInt(names.size()))) : Set.of();
          asked.add(new Asked(inputs, outputs, batcher.submit(pending(inputs, outputs))));
        }
        allowed.release();
        for (var one : asked) {
          var together = Futures.join(one.pending());
          var alone = model.run(one.inputs(), one.outputs());
          assertThat(together).hasSameSizeAs(alone);
          for (int i = 0; i < alone.size(); i++)
            assertThat(WarmUp.same(alone.get(i), together.get(i)))
                .as("seed %d: %s for %s", SEED, alone.get(i), one.inputs())
                .isTrue();
        }
      }
      var calls = registry.get("millrace.batch.rows").summary().count();
      assertThat(calls).as("calls for %d requests", requests).isLessThan(requests / 2);
    }
  }
}
