package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Column;
import io.millrace.data.Frame;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.ModelPackage;
import io.millrace.models.Models;
import io.millrace.models.Signature;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of a pipeline's runs on a world that turns a little each month. */
class StalenessTest {
  private static final int ROWS = 4_000;
  private static final String PIPELINE =
      """
      name: turning
      params: { month: { type: integer } }
      steps: { train: { uses: test/month, with: { month: "${{ params.month }}" } } }
      """;

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Pipelines pipelines;
  private Staleness staleness;
  private final Map<Digest, Integer> months = new HashMap<>();

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    var metadata = new Metadata(database, clock);
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            List.of(new Month()),
            List.of(),
            (_, _, _) -> {
              throw new UnsupportedOperationException();
            },
            "program",
            folder.resolve("work"),
            new Commands(new ProcessRunner(Pipelines.attempts(folder.resolve("work"))), () -> ""),
            List.of(),
            clock);
    var texts =
        new TreeMap<>(Map.of("millrace.yaml", "name: t\n", "pipelines/turning.yaml", PIPELINE));
    new Definitions(database, metadata, List.of(pipelines.kind()), clock)
        .apply(new ProjectFiles("t", texts, new TreeMap<>()));
    staleness =
        new Staleness(
            pipelines,
            new Models(artifacts),
            (data, columns, _) -> {
              var frame = frame(months.getOrDefault(data, -1));
              return new Frame(columns.stream().map(frame::column).toList(), ROWS);
            });
  }

  @AfterEach
  void close() {
    pipelines.close();
    database.close();
  }

  /** In month m the label hangs on x cos a + y sin a with an angle a that grows. */
  private static Frame frame(int month) {
    var random = new Random(100 + month);
    var x = new double[ROWS];
    var y = new double[ROWS];
    var label = new double[ROWS];
    for (int i = 0; i < ROWS; i++) {
      x[i] = random.nextGaussian();
      y[i] = random.nextGaussian();
      double logit = 2 * (x[i] * Math.cos(angle(month)) + y[i] * Math.sin(angle(month)));
      label[i] = random.nextDouble() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    }
    return new Frame(
        List.of(
            new Column.NumberColumn("x", "DOUBLE", x),
            new Column.NumberColumn("y", "DOUBLE", y),
            new Column.NumberColumn("label", "INTEGER", label)),
        ROWS);
  }

  private static double angle(int month) {
    return 0.25 * month;
  }

  private Digest model(int month) {
    var graph = new OnnxGraph("m");
    graph.input("x", DataType.FP32, -1);
    graph.input("y", DataType.FP32, -1);
    var a = graph.add("Mul", "x", graph.floats("a", (float) Math.cos(angle(month))));
    var b = graph.add("Mul", "y", graph.floats("b", (float) Math.sin(angle(month))));
    graph.node("Sigmoid", graph.add("Add", a, b)).out("probability");
    graph.output("probability", DataType.FP32, -1);
    return ModelPackage.seal(
        artifacts,
        graph.bytes(),
        new Signature(
            List.of(Field.column("x", DataType.FP32, true), Field.column("y", DataType.FP32, true)),
            List.of(Field.column("probability", DataType.FP32, false))),
        null,
        null,
        Json.object().put("task", "binary").put("label", "label"));
  }

  private Digest data(int month) {
    var blob = artifacts.put(("rows of " + month).getBytes(StandardCharsets.UTF_8));
    var digest = artifacts.put(Manifest.of(Map.of("rows", new Entry(blob, artifacts.size(blob)))));
    months.put(digest, month);
    return digest;
  }

  /** Its model has the angle of its month; in month 3 the champion is kept. */
  private final class Month implements Component {
    @Override
    public String name() {
      return "test/month";
    }

    @Override
    public String meaning() {
      return "A month.";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("month", ValueType.INTEGER, "its number"));
    }

    @Override
    public List<Output> outputs() {
      return List.of(
          new Output("model", ValueType.MODEL, "its model"),
          new Output("rows", ValueType.DATASET, "its rows"));
    }

    @Override
    public Result run(Task task) {
      int month = task.values().getOrDefault("month", Json.tree(0)).asInt();
      Map<String, JsonNode> summary =
          month == 3 ? Map.of("outcome", Json.tree("kept champion")) : Map.of();
      return new Result(
          Map.of(
              "model", new ArtifactRef(ValueType.MODEL, model(month)),
              "rows", new ArtifactRef(ValueType.DATASET, data(month))),
          Map.of(),
          List.of(),
          summary);
    }
  }

  private void run(int month) {
    var run = pipelines.start("turning", Map.of("month", Json.tree(month)), true);
    assertThat(pipelines.await(run.id(), Duration.ofSeconds(30)).state().text())
        .isEqualTo("succeeded");
  }

  private JsonNode report(String metric) {
    return staleness.report(
        new Staleness.Question("turning", "month", "train.model", "train.rows", metric));
  }

  @Test
  void everyModelIsJudgedOnLaterRowsAndAgesShow() {
    for (int month : new int[] {2, 10, 1, 3, 4}) run(month);
    var report = report(null);
    assertThat(report.path("metric").asText()).isEqualTo("auc");
    assertThat(report.path("periods").findValuesAsText("value"))
        .containsExactly("1", "2", "3", "4", "10");
    assertThat(report.path("cells")).hasSize(10);
    for (var cell : report.path("cells")) {
      assertThat(cell.path("age").asInt()).isPositive();
      assertThat(cell.path("value").asDouble())
          .isBetween(cell.path("low").asDouble(), cell.path("high").asDouble());
    }
    var byAge = report.path("ages");
    assertThat(byAge).hasSize(4);
    assertThat(byAge.get(0).path("mean").asDouble())
        .isGreaterThan(byAge.get(3).path("mean").asDouble());
  }

  @Test
  void retrainingIsComparedWithTheFirstModelAsItServed() {
    for (int month = 1; month <= 5; month++) run(month);
    var retrained = report("auc").path("retrained");
    assertThat(retrained.path("periods").findValuesAsText("test"))
        .containsExactly("2", "3", "4", "5");
    // Month 3 kept the champion, so month 2's model still served in month 4.
    assertThat(retrained.path("periods").findValuesAsText("served"))
        .containsExactly("1", "2", "2", "4");
    assertThat(retrained.path("periods").get(0).path("difference").asDouble()).isZero();
    var mean = retrained.path("mean");
    double sum = 0;
    for (int i = 1; i < 4; i++)
      sum += retrained.path("periods").get(i).path("difference").asDouble();
    assertThat(mean.path("periods").asInt()).isEqualTo(3);
    assertThat(mean.path("difference").asDouble()).isCloseTo(sum / 3, within(1e-12));
    assertThat(mean.path("low").asDouble()).isPositive().isLessThan(sum / 3);
    assertThat(mean.path("high").asDouble()).isGreaterThan(sum / 3);
    assertThat(report("auc")).isEqualTo(report("auc"));
  }

  @Test
  void whatCannotBeAnsweredIsRefusedWithTheWayOut() {
    run(1);
    assertThatThrownBy(() -> report(null))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("at least 2 are needed")
        .hasMessageContaining("millrace backfill turning --param month");
    run(2);
    assertThatThrownBy(() -> report("nonsense")).hasMessageContaining("auc");
    assertThatThrownBy(() ->
            staleness.report(
                new Staleness.Question("turning", "year", "train.model", "train.rows", null)))
        .hasMessageContaining("no parameter \"year\"");
    assertThatThrownBy(() ->
            staleness.report(
                new Staleness.Question("turning", "month", "model", "train.rows", null)))
        .hasMessageContaining("STEP.OUTPUT");
  }
}
