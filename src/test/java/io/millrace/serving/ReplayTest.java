package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.pipelines.Effect;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Versions are tried on what their endpoint was asked lately. Model table/1 knows the prices of ten
 * goods, table/2 of three, table/3 calls its input otherwise.
 */
class ReplayTest {
  private static final EndpointName PRICES = new EndpointName("prices");

  @TempDir Path folder;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<RecentRequests.Recorded> recent = new ArrayList<>();
  private Database database;
  private Models models;
  private ModelRegistry registry;
  private Metadata metadata;
  private Endpoints endpoints;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("test.db"));
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, Clock.systemUTC());
    models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, Clock.systemUTC());
    for (var model : List.of(table("good", 10), table("good", 3), table("goods", 10)))
      registry.importOnnx(new ModelName("table"), artifacts.put(model));
    endpoints = new Endpoints(database, metadata, registry, models, meters, Clock.systemUTC());
    endpoints.replay(name -> name.equals(PRICES) ? List.copyOf(recent) : List.of());
    endpoints.deploy(PRICES, "table/1");
  }

  @AfterEach
  void close() {
    endpoints.close();
    assertThat(models.sessions()).isZero();
    database.close();
  }

  private static byte[] table(String input, int goods) {
    var graph = new OnnxGraph("table");
    graph.input(input, DataType.INT64, -1);
    graph.node("Gather", graph.floats("prices", new float[goods]), input).out("price");
    return graph.output("price", DataType.FP32, -1).bytes();
  }

  private void recorded(long... goods) {
    for (long good : goods)
      recent.add(new RecentRequests.Recorded("id" + good, List.of(Tensor.of("good", good))));
  }

  private JsonNode replayed() {
    try (var lease = endpoints.lease(PRICES)) {
      return lease.serving().warmUp().path("recorded_requests");
    }
  }

  private String serves() {
    return endpoints.endpoint(PRICES).deployment().version().toString();
  }

  @Test
  void whatWasAskedLatelyIsAskedOfANewVersionBeforeItServes() {
    recorded(0, 2, 1);
    endpoints.deploy(PRICES, "table/2");
    assertThat(replayed()).isEqualTo(Json.parse("{\"answered\": 3, \"unfit\": 0, \"failed\": 0}"));
    assertThat(meters.find("millrace.request").timers())
        .allSatisfy(timer -> assertThat(timer.count()).as("requests that are counted").isZero());
  }

  @Test
  void aVersionThatFailsOnARequestThatWasAnsweredIsRefusedAndTheOldOneGoesOn() {
    recorded(1, 7, 2, 9);
    assertThatThrownBy(() -> endpoints.deploy(PRICES, "table/2"))
        .isInstanceOf(Conflict.class)
        .hasMessageStartingWith(
            "table/2 fails on 2 of the last 4 requests that endpoint prices answered: the model refused the input")
        .hasMessageContaining("`millrace predictions id7`")
        .hasMessageContaining("`millrace deploy prices --model table/2 --force`");
    assertThat(serves()).isEqualTo("table/1");
    assertThat(endpoints.history(PRICES)).hasSize(1);
    assertThat(models.sessions()).isEqualTo(1);

    var effect =
        new Effect("deploy", Json.object().put("endpoint", "prices").put("version", "table/2"));
    assertThatThrownBy(() -> new DeployEffects(database, registry, endpoints).prepare(effect))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("table/2 fails on 2");
    endpoints.deploy(new EndpointName("other"), "table/2");
  }

  @Test
  void byForceItServesAndSaysWhatFails() {
    recorded(1, 7);
    endpoints.deploy(PRICES, "table/2", true);
    assertThat(serves()).isEqualTo("table/2");
    assertThat(replayed().path("failed").asInt()).isEqualTo(1);
    assertThat(replayed().path("failed_because").asText()).contains("the model refused the input");
  }

  @Test
  void aSignatureThatChangedIsDeployedAndTheRequestsThatDoNotFitAreCounted() {
    recorded(1, 7);
    endpoints.deploy(PRICES, "table/3");
    assertThat(serves()).isEqualTo("table/3");
    assertThat(replayed().path("answered").asInt()).isZero();
    assertThat(replayed().path("unfit").asInt()).isEqualTo(2);
    assertThat(replayed().path("unfit_because").asText()).contains("no input \"good\"");
  }

  @Test
  void nothingHoldsUpARollback() {
    endpoints.deploy(PRICES, "table/2");
    endpoints.deploy(PRICES, "table/1");
    recorded(7);
    endpoints.rollback(PRICES);
    assertThat(serves()).isEqualTo("table/2");
    assertThat(replayed().path("failed").asInt()).isEqualTo(1);
  }

  @Test
  void whatServedHereBeforeIsNotTriedAgainWhenItsSettingsChangeOrTheServerStarts() {
    recorded(1);
    endpoints.configure(PRICES, Json.object().put("queue", 7));
    assertThat(replayed().isMissingNode()).isTrue();
    endpoints.close();
    endpoints = new Endpoints(database, metadata, registry, models, meters, Clock.systemUTC());
    endpoints.replay(_ -> List.copyOf(recent));
    endpoints.restore();
    assertThat(replayed().isMissingNode()).isTrue();
  }

  @Test
  void noRequestIsReplayedAfterItsTimeIsUp() {
    recorded(LongStream.range(0, 3).toArray());
    try (var model = models.load(database.read(s -> registry.resolve(s, "table/1")).served())) {
      assertThat(Replay.of(model, recent, Duration.ZERO).answered()).isZero();
      assertThat(Replay.of(model, recent).answered()).isEqualTo(3);
    }
  }
}
