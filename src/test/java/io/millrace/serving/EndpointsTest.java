package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import io.millrace.pipelines.Effect;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointsTest {
  private static final EndpointName HOUSES = new EndpointName("houses");
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2001-02-01T00:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Metadata metadata;
  private Models models;
  private Endpoints endpoints;
  private ModelRegistry registry;

  @BeforeEach
  void open() throws IOException {
    database = Database.open(folder.resolve("test.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, CLOCK);
    models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, CLOCK);
    registry.importOnnx(new ModelName("titanic"), onnx("titanic_logreg"));
    registry.importOnnx(new ModelName("digits"), onnx("digits_cnn"));
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), CLOCK);
  }

  @AfterEach
  void close() {
    endpoints.close();
    database.close();
  }

  private Digest onnx(String name) throws IOException {
    return artifacts.put(Files.readAllBytes(Path.of("src/test/resources/models", name + ".onnx")));
  }

  private static VersionId version(String model) {
    return new VersionId(new ModelName(model), 1);
  }

  private VersionId champion(String model) {
    return database.read(s -> registry.version(s, new ModelName(model), Alias.CHAMPION)).id();
  }

  @Test
  void deployServesTheVersionAndMakesItTheChampion() {
    var endpoint = endpoints.deploy(HOUSES, "titanic/1");
    assertThat(endpoint.ready()).isTrue();
    assertThat(endpoint.deployment().version()).isEqualTo(version("titanic"));
    assertThat(endpoint.deployment().deployedAt()).isEqualTo(CLOCK.instant());
    assertThat(champion("titanic")).isEqualTo(version("titanic"));
    assertThat(endpoints.list()).containsExactly(endpoint);
    try (var lease = endpoints.lease(HOUSES)) {
      assertThat(lease.signature().inputNames()).contains("age", "sex");
    }
  }

  @Test
  void aDeploymentIsInTheLineageOfItsVersion() {
    endpoints.deploy(HOUSES, "titanic/1");
    var endpoint =
        database.read(s -> metadata.named(s, ArtifactType.ENDPOINT, "houses")).orElseThrow();
    var lineage = database.read(s -> metadata.lineage(s, endpoint.id(), Direction.UP, 5));
    assertThat(lineage.artifacts()).extracting(artifact -> artifact.name()).contains("titanic/1");
  }

  @Test
  void requestsUnderWayKeepTheModelTheyBeganWithAndItGoesWithTheLastOfThem() {
    endpoints.deploy(HOUSES, "titanic/1");
    var lease = endpoints.lease(HOUSES);
    endpoints.deploy(HOUSES, "digits/1");
    assertThat(models.sessions()).isEqualTo(2);
    assertThat(lease.deployment().version()).isEqualTo(version("titanic"));
    assertThat(lease.signature().inputNames()).contains("age");
    lease.close();
    assertThat(models.sessions()).isEqualTo(1);
    try (var next = endpoints.lease(HOUSES)) {
      assertThat(next.deployment().version()).isEqualTo(version("digits"));
    }
  }

  @Test
  void historyIsKeptAlsoAfterTheEndpointIsGone() {
    endpoints.deploy(HOUSES, "titanic/1");
    endpoints.deploy(HOUSES, "digits/1");
    endpoints.delete(HOUSES);
    assertThat(endpoints.list()).isEmpty();
    assertThat(models.sessions()).isZero();
    assertThat(endpoints.history(HOUSES))
        .extracting(Deployment::version)
        .containsExactly(version("digits"), version("titanic"));
    assertThatThrownBy(() -> endpoints.endpoint(HOUSES))
        .isInstanceOf(NotFound.class)
        .hasMessage("no endpoint \"houses\"; there are none");
    assertThatThrownBy(() -> endpoints.delete(HOUSES)).isInstanceOf(NotFound.class);
  }

  @Test
  void anEndpointThatDoesNotExistIsNamedWithTheNearest() {
    endpoints.deploy(HOUSES, "titanic/1");
    assertThatThrownBy(() -> endpoints.lease(new EndpointName("house")))
        .isInstanceOf(NotFound.class)
        .hasMessage("no endpoint \"house\"; did you mean \"houses\"?");
  }

  @Test
  void aVersionThatCannotBeLoadedLeavesTheOldOneServing() {
    endpoints.deploy(HOUSES, "titanic/1");
    assertThatThrownBy(() -> endpoints.deploy(HOUSES, "titanic/2")).isInstanceOf(NotFound.class);
    var gone = new Models(new Artifacts(folder.resolve("empty")));
    var blind =
        new Endpoints(database, metadata, registry, gone, new CompositeMeterRegistry(), CLOCK);
    assertThatThrownBy(() -> blind.deploy(HOUSES, "digits/1")).isInstanceOf(NotFound.class);
    assertThat(endpoints.endpoint(HOUSES).deployment().version()).isEqualTo(version("titanic"));
    assertThat(endpoints.history(HOUSES)).hasSize(1);
    assertThat(models.sessions()).isEqualTo(1);
  }

  @Test
  void aStartServesWhatWasServedBefore() {
    endpoints.deploy(HOUSES, "titanic/1");
    endpoints.close();
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), CLOCK);
    endpoints.restore();
    assertThat(endpoints.endpoint(HOUSES).ready()).isTrue();
    endpoints.lease(HOUSES).close();
  }

  @Test
  void aModelThatIsGoneAtStartLeavesItsEndpointNotReadyWithTheReason() throws IOException {
    endpoints.deploy(HOUSES, "titanic/1");
    endpoints.deploy(new EndpointName("digits"), "digits/1");
    endpoints.close();
    endpoints =
        new Endpoints(
            database,
            metadata,
            registry,
            new Models(new Artifacts(folder.resolve("empty"))),
            new CompositeMeterRegistry(),
            CLOCK);
    endpoints.restore();
    assertThat(endpoints.list()).noneMatch(Endpoint::ready);
    assertThat(endpoints.endpoint(HOUSES).reason()).isPresent();
    assertThatThrownBy(() -> endpoints.lease(HOUSES))
        .isInstanceOf(Unavailable.class)
        .hasMessageStartingWith("endpoint houses is not ready: ");
    endpoints.delete(HOUSES);
    assertThatThrownBy(() -> endpoints.lease(HOUSES)).isInstanceOf(NotFound.class);
  }

  @Test
  void anEffectStandsWhileTheEndpointServesThatVersion() throws Exception {
    var owner = new DeployEffects(database, registry, endpoints);
    var effect =
        new Effect("deploy", Json.object().put("endpoint", "houses").put("version", "titanic/1"));
    assertThat(stands(owner, effect)).isEmpty();
    var prepared = owner.prepare(effect);
    var outputs =
        database.write(tx -> {
          var execution = metadata.begin(tx, "step", "deploy", Json.object());
          return owner.apply(tx, effect, prepared, execution);
        });
    assertThat(outputs).isEqualTo(Map.of("endpoint", TextNode.valueOf("houses")));
    assertThat(stands(owner, effect)).contains(outputs);
    assertThat(champion("titanic")).isEqualTo(version("titanic"));
    endpoints.deploy(HOUSES, "digits/1");
    assertThat(stands(owner, effect)).isEmpty();
  }

  private Optional<Map<String, JsonNode>> stands(DeployEffects owner, Effect effect) {
    return database.read(s -> owner.stands(s, effect));
  }

  @Test
  void anEffectWhoseTransactionFailsServesNothing() throws Exception {
    var owner = new DeployEffects(database, registry, endpoints);
    var effect =
        new Effect("deploy", Json.object().put("endpoint", "houses").put("version", "titanic/1"));
    var prepared = owner.prepare(effect);
    assertThatThrownBy(() ->
            database.writing(tx -> {
              owner.apply(
                  tx, effect, prepared, metadata.begin(tx, "step", "deploy", Json.object()));
              throw new InvalidInput("later in the same transaction");
            }))
        .isInstanceOf(InvalidInput.class);
    assertThat(endpoints.list()).isEmpty();
    assertThatThrownBy(() -> endpoints.lease(HOUSES)).isInstanceOf(NotFound.class);
    ((AutoCloseable) prepared).close();
    assertThat(models.sessions()).isZero();
  }

  @Test
  void theComponentChecksItsLiteralsBeforeAnythingRuns() {
    var component = new DeployComponent();
    component.check(
        Map.of("endpoint", TextNode.valueOf("houses"), "version", TextNode.valueOf("a b/12")));
    assertThatThrownBy(() -> component.check(Map.of("endpoint", TextNode.valueOf("../etc"))))
        .hasMessage(
            "endpoint name: got \"../etc\", expected 1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
    assertThatThrownBy(
            () -> component.check(Map.of("version", TextNode.valueOf("titanic@champion"))))
        .hasMessage(
            "model version: got \"titanic@champion\", expected NAME/VERSION, such as flight-delay/1");
  }

  @Test
  void manyThreadsMayAnswerWhileTheModelIsSwapped() throws Exception {
    endpoints.deploy(HOUSES, "titanic/1");
    try (var threads = Executors.newFixedThreadPool(4)) {
      var done = new AtomicBoolean();
      var answers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 4; i++)
        answers.add(
            threads.submit(() -> {
              int count = 0;
              while (!done.get()) {
                try (var lease = endpoints.lease(HOUSES)) {
                  lease.run(List.of(), Set.of());
                } catch (InvalidInput e) {
                  count++; // the model wants inputs: it was alive to say so
                }
              }
              return count;
            }));
      for (int i = 0; i < 20; i++) endpoints.deploy(HOUSES, i % 2 == 0 ? "digits/1" : "titanic/1");
      done.set(true);
      for (var answer : answers) assertThat(answer.get()).isPositive();
    }
    assertThat(models.sessions()).isEqualTo(1);
  }
}
