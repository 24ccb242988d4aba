package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model adding/N answers x + N. */
class EndpointChangesTest {
  private static final EndpointName SUMS = new EndpointName("sums");
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2001-02-01T00:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private Database database;
  private Metadata metadata;
  private Models models;
  private ModelRegistry registry;
  private Endpoints endpoints;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("test.db"));
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, CLOCK);
    models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, CLOCK);
    for (int number = 1; number <= 3; number++)
      registry.importOnnx(new ModelName("adding"), artifacts.put(adding(number)));
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), CLOCK);
  }

  @AfterEach
  void close() {
    endpoints.close();
    assertThat(models.sessions()).isZero();
    database.close();
  }

  private static byte[] adding(float number) {
    var graph = new OnnxGraph("adding");
    graph.input("x", DataType.FP32, -1);
    graph.node("Add", "x", graph.floats("number", number)).out("y");
    return graph.output("y", DataType.FP32, -1).bytes();
  }

  private static VersionId version(int number) {
    return new VersionId(new ModelName("adding"), number);
  }

  private float answer(float x) {
    try (var lease = endpoints.lease(SUMS)) {
      return lease.run(List.of(Tensor.of("x", x)), Set.of()).getFirst().floats()[0];
    }
  }

  @Test
  void aRollbackServesWhatWasServedBeforeAndWithdrawsWhatWas() {
    endpoints.deploy(SUMS, "adding/1");
    endpoints.deploy(SUMS, "adding/2");
    endpoints.deploy(SUMS, "adding/3");
    assertThat(endpoints.rollback(SUMS).deployment().version()).isEqualTo(version(2));
    assertThat(answer(10)).isEqualTo(12);
    assertThat(endpoints.withdrawn(SUMS)).containsExactly(version(3));
    assertThat(
            database.read(s -> registry.version(s, new ModelName("adding"), Alias.CHAMPION)).id())
        .isEqualTo(version(2));
    assertThat(endpoints.rollback(SUMS).deployment().version()).isEqualTo(version(1));
    assertThat(answer(10)).isEqualTo(11);
    assertThatThrownBy(() -> endpoints.rollback(SUMS))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "endpoint sums served nothing before adding/1 that it could go back to: deploy another version with `millrace deploy sums --model NAME/VERSION`");
  }

  @Test
  void aVersionThatWasRolledBackIsRefusedThereUntilItIsLifted() {
    endpoints.deploy(SUMS, "adding/1");
    endpoints.deploy(SUMS, "adding/2");
    endpoints.rollback(SUMS);
    assertThatThrownBy(() -> endpoints.deploy(SUMS, "adding/2"))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "adding/2 was rolled back from endpoint sums: lift that first, with `millrace endpoint lift sums adding/2`");
    assertThat(answer(10)).isEqualTo(11);
    endpoints.deploy(new EndpointName("other"), "adding/2");
    endpoints.lift(SUMS, version(2));
    endpoints.deploy(SUMS, "adding/2");
    assertThat(answer(10)).isEqualTo(12);
    assertThatThrownBy(() -> endpoints.lift(SUMS, version(2)))
        .isInstanceOf(NotFound.class)
        .hasMessage("adding/2 is not withdrawn from endpoint sums");
  }

  @Test
  void settingsAreKeptAndTakenBack() {
    assertThatThrownBy(() -> endpoints.configure(SUMS, Json.parse("{\"queue\": 5}")))
        .isInstanceOf(NotFound.class);
    endpoints.deploy(SUMS, "adding/1");
    endpoints.configure(SUMS, Json.parse("{\"p99\": \"20ms\", \"queue\": 5, \"threads\": 2}"));
    assertThat(settings()).contains("\"p99\":\"20ms\"", "\"queue\":5", "\"threads\":2");
    assertThat(models.sessions()).isEqualTo(1);
    endpoints.configure(SUMS, Json.parse("{\"queue\": null}"));
    endpoints.close();
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), CLOCK);
    endpoints.restore();
    assertThat(settings()).contains("\"p99\":\"20ms\"", "\"queue\":1000", "\"threads\":2");
    assertThat(answer(1)).isEqualTo(2);
  }

  private String settings() {
    try (var lease = endpoints.lease(SUMS)) {
      return lease.serving().settings().toString();
    }
  }

  @Test
  void settingsThatMakeNoSenseAreRefusedByName() {
    endpoints.deploy(SUMS, "adding/1");
    assertThatThrownBy(() -> endpoints.configure(SUMS, Json.parse("{\"p99\": \"fast\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("p99: got \"fast\", expected a length of time up to 1m, such as 20ms or 1.5s");
    assertThatThrownBy(() -> endpoints.configure(SUMS, Json.parse("{\"quue\": 5}")))
        .hasMessage("key \"quue\" is unknown; did you mean \"queue\"?");
    assertThatThrownBy(() -> endpoints.configure(SUMS, Json.parse("{\"queue\": 0}")))
        .isInstanceOf(InvalidInput.class);
    assertThat(settings()).contains("\"queue\":1000");
  }

  @Test
  void aModelIsTriedBeforeItServes() {
    endpoints.deploy(SUMS, "adding/1");
    try (var lease = endpoints.lease(SUMS)) {
      var warmUp = lease.serving().warmUp();
      assertThat(warmUp.path("rows").asText()).isEqualTo("made up");
      assertThat(warmUp.path("batches").asBoolean()).isTrue();
      assertThat(warmUp.path("row_micros").asDouble()).isPositive();
    }
  }

  /** Deployed, rolled back, lifted and set anew, a hundred times in all, while four ask. */
  @Test
  void aHundredSwapsUnderLoadLoseNoRequest() throws Exception {
    var registered = new SimpleMeterRegistry();
    endpoints.close();
    endpoints = new Endpoints(database, metadata, registry, models, registered, CLOCK);
    endpoints.deploy(SUMS, "adding/1");
    var done = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(4)) {
      var asking = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 4; i++) {
        int x = i;
        asking.add(
            threads.submit(() -> {
              int count = 0;
              for (; !done.get(); count++) {
                try (var lease = endpoints.lease(SUMS)) {
                  var y = lease.run(List.of(Tensor.of("x", (float) x)), Set.of()).getFirst();
                  assertThat(y.floats())
                      .containsExactly((float) (x + lease.deployment().version().number()));
                }
              }
              return count;
            }));
      }
      for (int swap = 0; swap < 25; swap++) {
        endpoints.deploy(SUMS, swap % 2 == 0 ? "adding/2" : "adding/3");
        endpoints.configure(SUMS, Json.object().put("queue", 1_000 + swap));
        endpoints.rollback(SUMS);
        for (var version : endpoints.withdrawn(SUMS)) endpoints.lift(SUMS, version);
        endpoints.deploy(SUMS, "adding/1");
      }
      done.set(true);
      for (var one : asking) assertThat(one.get()).isPositive();
    } finally {
      done.set(true);
    }
    assertThat(models.sessions()).isEqualTo(1);
    for (var counter : registered.find("millrace.requests").counters())
      if (!"ok".equals(counter.getId().getTag("outcome"))) assertThat(counter.count()).isZero();
  }
}
