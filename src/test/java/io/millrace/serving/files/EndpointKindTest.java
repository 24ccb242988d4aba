package io.millrace.serving.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.definitions.Change;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import io.millrace.serving.Declared;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.predictions.LogSettings;
import io.millrace.serving.predictions.Predictions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model adding/N answers x + N. */
class EndpointKindTest {
  private static final EndpointName SUMS = new EndpointName("sums");

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Models models;
  private ModelRegistry registry;
  private Endpoints endpoints;
  private Predictions predictions;
  private Definitions definitions;

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("test.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    var metadata = new Metadata(database, clock);
    models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, clock);
    register("adding", 1);
    register("adding", 2);
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), clock);
    predictions =
        new Predictions(
            folder.resolve("predictions"),
            database,
            new Datasets(database, artifacts, metadata, folder.resolve("work"), clock),
            metadata,
            endpoints,
            Duration.ofMillis(20),
            clock);
    var kind =
        new EndpointKind(new Declared.Tools(endpoints, database, clock), registry, predictions);
    definitions = new Definitions(database, metadata, List.of(kind), clock);
  }

  @AfterEach
  void close() {
    endpoints.close();
    assertThat(models.sessions()).isZero();
    predictions.close();
    database.close();
  }

  private void register(String model, float number) {
    var graph = new OnnxGraph(model);
    graph.input("x", DataType.FP32, -1);
    graph.node("Add", "x", graph.floats("number", number)).out("y");
    registry.importOnnx(
        new ModelName(model), artifacts.put(graph.output("y", DataType.FP32, -1).bytes()));
  }

  private static ProjectFiles project(String name, Map<String, String> files) {
    var texts = new TreeMap<>(files);
    texts.put("millrace.yaml", "name: " + name + "\n");
    return new ProjectFiles(name, texts, new TreeMap<>());
  }

  private static ProjectFiles sums(String yaml) {
    return project("demo", Map.of("endpoints/sums.yaml", yaml));
  }

  private static Change change(List<Change> changes) {
    return changes.stream().filter(c -> c.kind().equals("endpoint")).findFirst().orElseThrow();
  }

  private Change plan(String yaml) {
    return change(definitions.plan(sums(yaml)));
  }

  /** What was done is what was planned, and a second time there is nothing to do. */
  private Change apply(String yaml) {
    var planned = plan(yaml);
    assertThat(change(definitions.apply(sums(yaml)))).isEqualTo(planned);
    assertThat(plan(yaml).action()).isEqualTo(Change.Action.UNCHANGED);
    return planned;
  }

  private float answer() {
    try (var lease = endpoints.lease(SUMS)) {
      return lease.run(List.of(Tensor.of("x", 10f)), Set.of()).getFirst().floats()[0];
    }
  }

  private String settings() {
    try (var lease = endpoints.lease(SUMS)) {
      return lease.serving().settings().toString();
    }
  }

  @Test
  void aPinnedVersionIsServedAsTheFileSays() {
    var change =
        apply(
            "model: adding/1\np99: 20ms\nqueue: 5\nlog: { sample: 0.5, mask: [x], keep_days: 7 }\n");
    assertThat(change.action()).isEqualTo(Change.Action.CREATE);
    assertThat(change.detail())
        .isEqualTo(
            "serves adding/1; p99 none -> 20ms; queue 1000 -> 5; log.keep_days 30 -> 7; log.mask [] -> [\"x\"]; log.sample 1.0 -> 0.5");
    assertThat(answer()).isEqualTo(11);
    assertThat(settings()).contains("\"p99\":\"20ms\"", "\"queue\":5");
    assertThat(predictions.standing(SUMS).settings())
        .isEqualTo(new LogSettings(0.5, List.of("x"), 7));
    assertThat(
            database.read(s -> registry.version(s, new ModelName("adding"), Alias.CHAMPION)).id())
        .isEqualTo(new VersionId(new ModelName("adding"), 1));
  }

  @Test
  void aMovedPinIsPlannedAndSwapped() {
    apply("model: adding/1\n");
    var change = apply("model: adding/2\nbatch: 8\n");
    assertThat(change)
        .isEqualTo(
            new Change(
                "endpoint",
                "sums",
                Change.Action.UPDATE,
                "serves adding/1 -> adding/2; batch 256 -> 8; model adding/1 -> adding/2; 0 requests since the server started"));
    assertThat(answer()).isEqualTo(12);
    assertThat(models.sessions()).isEqualTo(1);
  }

  @Test
  void aSettingThatIsLeftOutIsAsUsualAgain() {
    apply("model: adding/1\nqueue: 5\nlog: { keep_days: 7 }\n");
    assertThat(apply("model: adding/1\n").detail())
        .startsWith("queue 5 -> 1000; log.keep_days 7 -> 30");
    assertThat(settings()).contains("\"queue\":1000");
    assertThat(predictions.standing(SUMS).settings()).isEqualTo(LogSettings.DEFAULT);
  }

  @Test
  void aModelWithoutVersionIsDeployedWhereNothingServesAndThenMovesByDeploy() {
    apply("model: adding\n");
    assertThat(answer()).isEqualTo(12);
    endpoints.deploy(SUMS, "adding/1");
    assertThat(plan("model: adding\n").action()).isEqualTo(Change.Action.UNCHANGED);
    apply("model: adding\nqueue: 9\n");
    assertThat(answer()).isEqualTo(11);
  }

  @Test
  void whatDoesNotExistYetIsServedByALaterApplyOrDeployWithTheFilesSettings() {
    assertThat(apply("model: later\nqueue: 9\n").detail())
        .endsWith(
            "serves nothing yet: there is no later to deploy; a deployment, or apply once it is there, begins");
    register("later", 5);
    assertThat(plan("model: later\nqueue: 9\n").detail()).isEqualTo("serves later/1");
    endpoints.deploy(SUMS, "later/1");
    assertThat(answer()).isEqualTo(15);
    assertThat(settings()).contains("\"queue\":9");
  }

  @Test
  void anAliasIsResolvedWhenAppliedAndMovesNothingLater() {
    database.writing(
        tx -> registry.setAlias(tx, new VersionId(new ModelName("adding"), 1), new Alias("good")));
    apply("model: adding@good\n");
    assertThat(answer()).isEqualTo(11);
    database.writing(
        tx -> registry.setAlias(tx, new VersionId(new ModelName("adding"), 2), new Alias("good")));
    assertThat(plan("model: adding@good\n").action()).isEqualTo(Change.Action.UNCHANGED);
  }

  @Test
  void theFileDecidesWhatMayBeDeployedAndSet() {
    register("other", 7);
    apply("model: adding/1\n");
    assertThatThrownBy(() -> endpoints.deploy(SUMS, "adding/2"))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "adding/2 may not serve at endpoint sums, which endpoints/sums.yaml of the project demo pins to adding/1: change \"model\" there, and apply the project");
    apply("model: adding\n");
    endpoints.deploy(SUMS, "adding/2");
    assertThatThrownBy(() -> endpoints.deploy(SUMS, "other/1"))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("says to belong to model adding");
    var owned =
        "endpoint sums belongs to the project demo, whose file endpoints/sums.yaml says how it answers: change it there, and apply the project";
    assertThatThrownBy(() -> endpoints.configure(SUMS, Json.parse("{\"queue\": 5}")))
        .isInstanceOf(Conflict.class)
        .hasMessage(owned);
    assertThatThrownBy(() -> predictions.set(SUMS, LogSettings.DEFAULT)).hasMessage(owned);
    assertThatThrownBy(() ->
            definitions.apply(project("else", Map.of("endpoints/sums.yaml", "model: adding\n"))))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("belongs to the project \"demo\"");
    assertThat(models.sessions()).isEqualTo(1);
  }

  @Test
  void anEndpointWhoseFileIsGoneGoesOnAndMayBeSetByHand() {
    apply("model: adding/1\nqueue: 5\n");
    var none = project("demo", Map.of());
    assertThat(change(definitions.apply(none)).action()).isEqualTo(Change.Action.DELETE);
    assertThat(answer()).isEqualTo(11);
    endpoints.configure(SUMS, Json.parse("{\"batch\": 5}"));
    assertThat(settings()).contains("\"queue\":5", "\"batch\":5");
    endpoints.deploy(SUMS, "adding/2");
  }

  @Test
  void whatWasMadeByHandIsTakenOver() {
    endpoints.deploy(SUMS, "adding/2");
    endpoints.configure(SUMS, Json.parse("{\"queue\": 5}"));
    assertThat(apply("model: adding\n").detail())
        .isEqualTo(
            "queue 5 -> 1000; the project's file says from now on how it answers; 0 requests since the server started");
    assertThat(answer()).isEqualTo(12);
  }

  @Test
  void aPackageThatFailsLeavesTheOldOneServingAndNothingIsApplied() throws IOException {
    apply("model: adding/1\n");
    var digest =
        database.read(s -> registry.version(s, new VersionId(new ModelName("adding"), 2))).served();
    Files.delete(artifacts.file(digest));
    assertThatThrownBy(() -> definitions.apply(sums("queue: 7\nmodel: adding/2\n")))
        .hasMessageStartingWith("endpoints/sums.yaml:2:8: endpoint sums cannot answer so: ")
        .hasMessageEndingWith("; nothing was applied, and adding/1 goes on serving");
    assertThat(answer()).isEqualTo(11);
    assertThat(settings()).contains("\"queue\":1000");
  }

  @Test
  void aMistakeInOneFileLeavesNoModelOfAnotherInMemory() {
    var files =
        project(
            "demo",
            Map.of(
                "endpoints/a.yaml", "model: adding/1\n", "endpoints/b.yaml", "model: adding/9\n"));
    assertThatThrownBy(() -> definitions.apply(files)).isInstanceOf(InvalidInput.class);
    assertThat(models.sessions()).isZero();
  }

  private void refused(String yaml, String message) {
    assertThatThrownBy(() -> definitions.plan(sums(yaml)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("endpoints/sums.yaml:" + message);
  }

  @Test
  void mistakesAreRefusedWhereTheyStand() {
    refused(
        "model: adding\nvariants: [a, b]\n",
        "2:1: unknown key \"variants\"; a file of an endpoint may say model, "
            + "p99, concurrency, queue, timeout, threads, batch, features, log");
    refused(
        "p99: fast\n",
        "1:6: p99: got \"fast\", expected a length of time up to 1m, such as 20ms or 1.5s");
    refused("queue: 0\n", "1:8: queue: got 0, expected a whole number from 1 to 100,000");
    refused("queue: many\n", "1:8: queue: got \"many\", expected a whole number");
    refused(
        "log:\n  keep: 3\n",
        "2:3: unknown key \"keep\"; the log of an endpoint may say sample, mask, keep_days");
    refused(
        "log: { sample: 2 }\n",
        "1:16: sample: got 2.0, expected a share from 0 (log nothing) to 1 (log all)");
    refused(
        "log: { mask: [1] }\n",
        "1:15: expected text, got the number 1; put it in quotes to make it text");
    refused(
        "model: adding/x\n",
        "1:8: version of model \"adding\": got \"x\", expected a number from 1 on, such as adding/1");
    refused("model: adding/9\n", "1:8: no model version \"adding/9\"; the newest is adding/2");
    assertThatThrownBy(() -> definitions.plan(project("demo", Map.of("endpoints/a b.yaml", "{}"))))
        .hasMessageStartingWith("endpoints/a b.yaml: the file's name is the endpoint's: ");
  }

  @Test
  void thePublishedSchemaNamesWhatIsRead() throws IOException {
    var schema =
        Json.parse(
            Files.readString(
                Path.of("docs/reference/schemas/endpoint.json"), StandardCharsets.UTF_8));
    assertThat(schema.path("properties").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(EndpointDefinition.KEYS);
    assertThat(schema.path("properties").path("log").path("properties").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(EndpointDefinition.LOG_KEYS);
  }
}
