package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Json;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Explanations;
import io.millrace.pipelines.PipelineRun;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.Reproduction.Likeness;
import io.millrace.pipelines.Reproductions;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.RunState;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model versions that a pipeline registered, beside each other and made again. */
final class MadeAgainTest {
  private static final String PIPELINE =
      """
      name: slopes
      params: { slope: { type: number, default: 1.0 } }
      steps:
        train:    { uses: test/train, with: { slope: "${{ params.slope }}" } }
        measure:  { uses: test/measure, with: { model: "${{ steps.train.outputs.model }}" } }
        register: { uses: registry/register, needs: [measure], with: { model: "${{ steps.train.outputs.model }}", name: slope } }
      """;

  @TempDir Path folder;
  private Fixture fixture;
  private Pipelines pipelines;
  private VersionComparison comparison;
  private VersionReproduction reproduction;

  /** Added to what the components make: 0 while they say the same each time. */
  private double drift;

  private double blur;

  @BeforeEach
  void open() {
    fixture = new Fixture(folder);
    pipelines =
        new Pipelines(
            fixture.database,
            fixture.artifacts,
            fixture.metadata,
            List.of(new Train(), new Measure(), new RegisterComponent()),
            List.of(new RegisterEffect(fixture.registry, fixture.models)),
            (_, _, _) -> {
              throw new UnsupportedOperationException();
            },
            "program-1",
            folder.resolve("runs"),
            new Commands(new ProcessRunner(Pipelines.attempts(folder.resolve("runs"))), () -> ""),
            List.of(),
            Clock.systemUTC());
    var texts = new TreeMap<>(Map.of("millrace.yaml", "name: m\n", "pipelines/s.yaml", PIPELINE));
    new Definitions(
            fixture.database, fixture.metadata, List.of(pipelines.kind()), Clock.systemUTC())
        .apply(new ProjectFiles("m", texts, new TreeMap<>()));
    comparison =
        new VersionComparison(
            fixture.database, fixture.metadata, fixture.registry, new Explanations(pipelines));
    reproduction =
        new VersionReproduction(
            fixture.database, fixture.metadata, fixture.registry, new Reproductions(pipelines));
    run(1);
    run(2);
  }

  @AfterEach
  void close() {
    pipelines.close();
    fixture.close();
  }

  private PipelineRun run(double slope) {
    var started = pipelines.start("slopes", Map.of("slope", Json.tree(slope)), true);
    var run = pipelines.await(started.id(), Duration.ofSeconds(30));
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    return run;
  }

  @Test
  void twoVersionsDifferInTheirRuns() {
    var difference = comparison.diff(VersionId.parse("slope/1"), VersionId.parse("slope/2"));
    assertThat(difference.runOfA()).isNotNull().isNotEqualTo(difference.runOfB());
    assertThat(difference.differences())
        .extracting(e -> e.area().text() + " " + e.step() + " " + e.name())
        .contains(
            "output  package",
            "param  slope",
            "key train value slope",
            "output train model",
            "metric measure auc")
        .noneMatch(text -> text.startsWith("code"));
    assertThat(
            comparison.diff(VersionId.parse("slope/1"), VersionId.parse("slope/1")).differences())
        .isEmpty();
  }

  @Test
  void aVersionComesOutEqual() {
    var outcome = reproduction.reproduce(VersionId.parse("slope/1"));
    assertThat(outcome.likeness()).isEqualTo(Likeness.BIT_EQUAL);
    assertThat(outcome.work().steps())
        .extracting(step -> step.step() + " " + step.likeness().text())
        .containsExactly("train bit_equal", "measure bit_equal");
    assertThat(outcome.work().notes()).isEmpty();
  }

  @Test
  void anotherPackageOfEqualMetricsIsMetricEqual() {
    drift = 1e-3;
    blur = 1e-12;
    var outcome = reproduction.reproduce(VersionId.parse("slope/1"));
    assertThat(outcome.likeness()).isEqualTo(Likeness.METRIC_EQUAL);
    assertThat(outcome.work().steps())
        .extracting(step -> step.step() + " " + step.likeness().text())
        .containsExactly("train different", "measure metric_equal");
  }

  @Test
  void otherMetricsAreDifferent() {
    drift = 1e-3;
    blur = 0.1;
    var outcome = reproduction.reproduce(VersionId.parse("slope/1"));
    assertThat(outcome.likeness()).isEqualTo(Likeness.DIFFERENT);
    var output = outcome.work().steps().getLast().outputs().getFirst();
    assertThat(output.worst()).isBetween(0.05, 0.2);
    assertThat(
            fixture.database.<List<ModelVersion>>read(
                s -> fixture.registry.versions(s, new ModelName("slope"))))
        .hasSize(2);
  }

  @Test
  void whatNoPipelineMadeIsNotMadeAgain() {
    fixture.registry.register(new ModelName("hand"), fixture.model(5));
    assertThatThrownBy(() -> reproduction.reproduce(VersionId.parse("hand/1")))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "model version hand/1 was made by no pipeline run (source: package): only those can be made again");
  }

  private final class Train implements Component {
    @Override
    public String name() {
      return "test/train";
    }

    @Override
    public String meaning() {
      return "Trains.";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("slope", ValueType.NUMBER, "the slope"));
    }

    @Override
    public List<Output> outputs() {
      return List.of(new Output("model", ValueType.MODEL, "the package"));
    }

    @Override
    public Result run(Task task) {
      var slope = task.values().getOrDefault("slope", Json.tree(0)).asDouble();
      var ref = new ArtifactRef(ValueType.MODEL, fixture.model(slope + drift));
      return new Result(Map.of("model", ref), Map.of(), List.of(), Map.of());
    }
  }

  private final class Measure implements Component {
    @Override
    public String name() {
      return "test/measure";
    }

    @Override
    public String meaning() {
      return "Measures.";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("model", ValueType.MODEL, "the package"));
    }

    @Override
    public List<Output> outputs() {
      return List.of(new Output("report", ValueType.REPORT, "the report"));
    }

    @Override
    public Result run(Task task) {
      var model = task.artifacts().values().iterator().next().digest();
      boolean second = model.equals(fixture.model(2));
      JsonNode report =
          Json.object()
              .put("model", model.hex())
              .set("metrics", Json.object().put("auc", (second ? 0.9 : 0.8) + blur));
      var digest = fixture.artifacts.put(report.toString().getBytes(StandardCharsets.UTF_8));
      return new Result(
          Map.of("report", new ArtifactRef(ValueType.REPORT, digest)),
          Map.of(),
          List.of(),
          Map.of());
    }
  }
}
