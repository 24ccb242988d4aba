package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.NotFound;
import io.millrace.data.SourceOptions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.models.Feed;
import io.millrace.pipelines.PipelineRun;
import io.millrace.registry.ModelName;
import io.millrace.serving.EndpointName;
import io.millrace.testing.Passengers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scoring on the whole platform: the run, its answers, its traces. */
class ScoringTest {
  private static final long SEED = Long.getLong("seed", 20_260_301L);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final EndpointName TITANIC = new EndpointName("titanic-live");

  @TempDir Path folder;
  private Platform platform;

  @BeforeEach
  void open() throws IOException {
    platform = new Platform(new Configuration(folder, Configuration.HOST, 0), Clock.systemUTC());
    var onnx = Files.readAllBytes(Path.of("src/test/resources/models/titanic_logreg.onnx"));
    platform.registry.importOnnx(new ModelName("titanic"), platform.artifacts.put(onnx));
    platform.endpoints.deploy(TITANIC, "titanic/1");
  }

  @AfterEach
  void close() {
    platform.close();
  }

  private void passengers(int rows) {
    register("passengers", String.join("\n", Passengers.csv(rows, SEED)) + "\n");
  }

  private void register(String name, String csv) {
    var blob = platform.artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    platform.datasets.register(
        name, new TreeMap<>(Map.of("rows.csv", blob)), SourceOptions.DEFAULT);
  }

  private PipelineRun scored(String model, String data, String out) {
    return platform.pipelines.await(platform.scoring.start(model, data, out).id(), LONG);
  }

  @Test
  void aBatchIsAnsweredAsTheEndpointAnswersEachRow() {
    passengers(300);
    var run = scored("titanic-live", "passengers", "answered");
    assertThat(run.state().text()).as(String.valueOf(run.steps())).isEqualTo("succeeded");
    var answered = platform.datasets.named("answered");
    assertThat(answered.id()).isEqualTo("answered/1");
    assertThat(answered.rows()).isEqualTo(300);
    var frame = platform.datasets.frame(answered.digest(), List.of());
    var batch = frame.number("survival_probability").values();
    var columns = new HashMap<String, Object>();
    for (var name : List.of("age", "fare", "pclass", "sibsp", "parch"))
      columns.put(name, frame.number(name).values());
    for (var name : List.of("sex", "embarked")) columns.put(name, frame.text(name).values());
    for (int row = 0; row < frame.rows(); row++) {
      try (var lease = platform.endpoints.lease(TITANIC)) {
        var alone =
            lease.run(
                Feed.tensors(lease.signature(), columns, row, row + 1),
                Set.of("survival_probability"));
        assertThat(batch[row])
            .as("seed %d, row %d", SEED, row)
            .isEqualTo((double) alone.getFirst().floats()[0]);
      }
    }
  }

  @Test
  void whatWasReadAndWhoAnsweredIsInTheLineage() {
    passengers(10);
    scored("titanic-live", "passengers/1", "answered");
    var lineage =
        platform.database.read(s ->
            platform.metadata.lineage(
                s,
                platform
                    .metadata
                    .named(s, ArtifactType.DATASET_VERSION, "answered/1")
                    .orElseThrow()
                    .id(),
                Direction.UP,
                2));
    assertThat(lineage.artifacts())
        .extracting(artifact -> artifact.type() + " " + artifact.name())
        .contains("DATASET_VERSION passengers/1", "MODEL_VERSION titanic/1");
  }

  @Test
  void theSameAgainIsTakenFromTheCacheAndStaysThatVersion() {
    passengers(10);
    scored("titanic/1", "passengers", "answered");
    var again = scored("titanic", "passengers", "answered");
    assertThat(again.step("score").state().text()).isEqualTo("cached");
    assertThat(platform.datasets.versions("answered")).hasSize(1);
    var unnamed = scored("titanic-live", "passengers", null);
    assertThat(unnamed.step("register").state().text()).isEqualTo("skipped");
    assertThat(unnamed.state().text()).isEqualTo("succeeded");
  }

  @Test
  void itCanBeCancelledWhileItAnswers() {
    passengers(400_000);
    var run = platform.scoring.start("titanic-live", "passengers", "answered");
    long seen = 0;
    boolean answers = false;
    while (!answers) {
      var news = platform.pipelines.events(run.id(), seen, LONG);
      for (var event : news.events()) {
        seen = event.seq();
        answers |= event.type().equals("progress");
      }
      assertThat(news.state().isFinal()).as("ended before it was cancelled").isFalse();
    }
    platform.pipelines.cancel(run.id());
    assertThat(platform.pipelines.await(run.id(), LONG).state().text()).isEqualTo("cancelled");
    assertThat(platform.datasets.list())
        .extracting(version -> version.name())
        .doesNotContain("answered");
  }

  @Test
  void whatCannotBeIsRefusedBeforeItBegins() {
    passengers(10);
    assertThatThrownBy(() -> platform.scoring.start("titanic-life", "passengers", null))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("no endpoint and no model \"titanic-life\"")
        .hasMessageContaining("titanic-live");
    assertThatThrownBy(() -> platform.scoring.start("titanic-live", "passenger", null))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("passengers");
    var texts =
        new TreeMap<>(
            Map.of("millrace.yaml", "name: t\n", "datasets/mine.yaml", "source: mine.csv\n"));
    var sources = new TreeMap<String, java.util.SortedMap<String, io.millrace.base.Digest>>();
    sources.put(
        "datasets/mine.yaml",
        new TreeMap<>(
            Map.of("mine.csv", platform.artifacts.put("a\n1\n".getBytes(StandardCharsets.UTF_8)))));
    platform.definitions.apply(new ProjectFiles("t", texts, sources));
    assertThatThrownBy(() -> platform.scoring.start("titanic-live", "passengers", "mine"))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("belongs to the project \"t\"");
  }
}
