package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Column;
import io.millrace.data.Frame;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.ModelPackage;
import io.millrace.models.Models;
import io.millrace.models.Signature;
import io.millrace.models.onnx.OnnxGraph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvaluationsTest {
  private static final Digest DATA = Digest.of("data");
  private static final int ROWS = 2_000;

  @TempDir Path folder;
  private Artifacts artifacts;
  private Models models;
  private Evaluations evaluations;
  private Frame frame;

  @BeforeEach
  void open() {
    artifacts = new Artifacts(folder);
    models = new Models(artifacts);
    frame = frame();
    evaluations =
        new Evaluations(
            artifacts,
            models,
            (_, columns, _) -> new Frame(columns.stream().map(frame::column).toList(), ROWS));
  }

  /** x decides late with some noise; every tenth label is not known yet. */
  private static Frame frame() {
    var random = new Random(4);
    var x = new double[ROWS];
    var late = new double[ROWS];
    var words = new String[ROWS];
    var kinds = new String[ROWS];
    var amount = new double[ROWS];
    var airport = new String[ROWS];
    for (int i = 0; i < ROWS; i++) {
      x[i] = random.nextGaussian();
      late[i] = i % 10 == 0 ? Double.NaN : random.nextDouble() < probability(2 * x[i]) ? 1 : 0;
      words[i] = Double.isNaN(late[i]) ? null : late[i] == 1 ? "late" : "on time";
      kinds[i] = x[i] < 0 ? "a" : x[i] < 1 ? "b" : "c";
      amount[i] = 3 * x[i] + random.nextGaussian();
      airport[i] = i < 30 ? "TINY" : i % 3 == 0 ? "BIG" : i % 7 == 0 ? null : "MID";
    }
    return new Frame(
        List.of(
            new Column.NumberColumn("x", "DOUBLE", x),
            new Column.NumberColumn("late", "INTEGER", late),
            new Column.TextColumn("word", "VARCHAR", words),
            new Column.TextColumn("kind", "VARCHAR", kinds),
            new Column.NumberColumn("amount", "DOUBLE", amount),
            new Column.TextColumn("airport", "VARCHAR", airport)),
        ROWS);
  }

  private static double probability(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private Digest binary(float slope, String label, String... classes) {
    var graph = new OnnxGraph("m");
    graph.input("x", DataType.FP32, -1);
    graph.node("Sigmoid", graph.add("Mul", "x", graph.floats("slope", slope))).out("probability");
    graph.output("probability", DataType.FP32, -1);
    return seal(
        graph, Field.column("probability", DataType.FP32, false), lock("binary", label, classes));
  }

  private Digest regression(float slope) {
    var graph = new OnnxGraph("m");
    graph.input("x", DataType.FP32, -1);
    graph.node("Mul", "x", graph.floats("slope", slope)).out("prediction");
    graph.output("prediction", DataType.FP32, -1);
    return seal(
        graph, Field.column("prediction", DataType.FP32, false), lock("regression", "amount"));
  }

  private Digest multiclass(String... classes) {
    var graph = new OnnxGraph("m");
    graph.input("x", DataType.FP32, -1);
    var column = graph.add("Unsqueeze", "x", graph.longs("axis", 1));
    var logits =
        graph.add(
            "Add",
            graph.add("Mul", column, graph.floats("slopes", -4, 0, 4)),
            graph.floats("offsets", 0, 0, -4));
    graph.node("Softmax", logits).with("axis", 1).out("probabilities");
    graph.output("probabilities", DataType.FP32, -1, 3);
    return seal(
        graph,
        new Field("probabilities", DataType.FP32, List.of(-1L, 3L), false),
        lock("multiclass", "kind", classes));
  }

  private Digest seal(OnnxGraph graph, Field output, JsonNode lock) {
    return ModelPackage.seal(
        artifacts,
        graph.bytes(),
        new Signature(List.of(Field.column("x", DataType.FP32, true)), List.of(output)),
        null,
        null,
        lock);
  }

  private static ObjectNode lock(String task, String label, String... classes) {
    var lock = Json.object().put("task", task).put("label", label);
    var array = lock.putArray("classes");
    for (var one : classes) array.add(one);
    return lock;
  }

  private Request request(Digest model, Request.Settings settings) {
    return new Request(model, null, DATA, settings);
  }

  @Test
  void aReportSaysHowTheModelDid() {
    var report =
        evaluations
            .evaluate(
                request(
                    binary(2, "late", "0", "1"),
                    Request.Settings.forClassification().withSlices(List.of("airport", "x"))))
            .content();
    assertThat(report.path("rows").asInt()).isEqualTo(1_800);
    assertThat(report.path("rows_without_label").asInt()).isEqualTo(200);
    double auc = report.path("metrics").path("auc").asDouble();
    assertThat(auc).isBetween(0.82, 0.88);
    assertThat(report.path("intervals").path("auc").get(0).asDouble()).isLessThan(auc);
    assertThat(report.path("intervals").path("auc").get(1).asDouble()).isGreaterThan(auc);
    assertThat(report.path("curves").path("roc").size()).isBetween(100, 200);
    assertThat(report.path("curves").path("calibration")).hasSize(10);
    assertThat(report.path("curves").path("score_histogram").path("positive")).hasSize(40);
    assertThat(report.path("confusion").path("true_positives").asInt()).isPositive();
    var slices = new ArrayList<String>();
    report
        .path("slices")
        .forEach(slice ->
            slices.add(slice.path("column").asText() + "=" + slice.path("value").asText()));
    assertThat(slices.subList(0, 3))
        .containsExactly("airport=MID", "airport=BIG", "airport=(missing)");
    assertThat(slices.subList(3, slices.size()))
        .hasSize(4)
        .allMatch(slice ->
            slice.contains("x=below") || slice.contains("x=from") || slice.contains(" to below "));
    report
        .path("slices")
        .forEach(slice ->
            assertThat(slice.path("low").asDouble())
                .isLessThanOrEqualTo(slice.path("auc").asDouble()));
  }

  @Test
  void equalInputsGiveEqualBytes() {
    var model = binary(2, "late", "0", "1");
    var settings = Request.Settings.forClassification().withSlices(List.of("airport"));
    var first = evaluations.evaluate(request(model, settings)).digest();
    assertThat(evaluations.evaluate(request(model, settings)).digest()).isEqualTo(first);
    assertThat(evaluations.report(first).path("model").asText()).isEqualTo(model.hex());
  }

  @Test
  void baselinesAreJudgedOnTheSameRowsAndCompared() {
    var entries = new TreeMap<String, Entry>();
    artifacts
        .manifest(binary(-2, "late", "0", "1"))
        .entries()
        .forEach((path, entry) -> entries.put("linear/" + path, entry));
    artifacts
        .manifest(binary(0, "late", "0", "1"))
        .entries()
        .forEach((path, entry) -> entries.put("trivial/" + path, entry));
    var request =
        new Request(
            binary(2, "late", "0", "1"),
            artifacts.put(new Manifest(entries)),
            DATA,
            Request.Settings.forClassification());
    var report = evaluations.evaluate(request).content();
    assertThat(report.path("baselines").path("trivial").path("auc").asDouble()).isEqualTo(0.5);
    assertThat(report.path("baselines").path("linear").path("auc").asDouble())
        .isCloseTo(1 - report.path("metrics").path("auc").asDouble(), within(1e-9));
    assertThat(report.path("comparisons").path("trivial").path("auc").path("low").asDouble())
        .isPositive();
    assertThat(report.path("comparisons").path("trivial").path("auc").path("p_value").asDouble())
        .isLessThan(0.01);
  }

  @Test
  void labelsMayBeWordsAndClassesMayStandTheOtherWayRound() {
    var forward =
        evaluations
            .evaluate(
                request(binary(2, "word", "on time", "late"), Request.Settings.forClassification()))
            .content();
    var backward =
        evaluations
            .evaluate(
                request(binary(2, "word", "late", "on time"), Request.Settings.forClassification()))
            .content();
    double auc = forward.path("metrics").path("auc").asDouble();
    assertThat(auc).isGreaterThan(0.8);
    assertThat(backward.path("metrics").path("auc").asDouble()).isCloseTo(1 - auc, within(1e-12));
    var challenge = evaluations.challenge(forward, binary(-2, "word", "late", "on time"));
    assertThat(challenge.other().path("metrics").path("auc").asDouble())
        .isCloseTo(auc, within(1e-12));
  }

  @Test
  void severalClassesAreJudgedInTheOrderOfTheirModel() {
    var report =
        evaluations
            .evaluate(
                request(
                    multiclass("a", "b", "c"),
                    Request.Settings.forClassification().withSlices(List.of("airport"))))
            .content();
    assertThat(report.path("task").asText()).isEqualTo("multiclass");
    assertThat(report.path("metrics").path("accuracy").asDouble()).isGreaterThan(0.95);
    assertThat(report.path("confusion").path("rows_by_truth")).hasSize(3);
    assertThat(report.path("slices").get(0).path("metric").asText()).isEqualTo("accuracy");
    var unlabelled =
        evaluations.evaluate(request(multiclass(), Request.Settings.forClassification())).content();
    assertThat(unlabelled.path("classes").toString()).isEqualTo("[\"a\",\"b\",\"c\"]");
  }

  @Test
  void numbersAreJudgedByTheirErrors() {
    var report =
        evaluations
            .evaluate(
                request(
                    regression(3), Request.Settings.forRegression().withSlices(List.of("airport"))))
            .content();
    assertThat(report.path("rows").asInt()).isEqualTo(ROWS);
    assertThat(report.path("metrics").path("rmse").asDouble()).isBetween(0.93, 1.07);
    assertThat(report.path("metrics").path("r2").asDouble()).isBetween(0.88, 0.92);
    assertThat(report.path("intervals").path("mae")).hasSize(2);
    long rows = 0;
    for (var count : report.path("curves").path("residual_histogram").path("rows"))
      rows += count.asLong();
    assertThat(rows).isEqualTo(ROWS);
  }

  @Test
  void anotherModelIsJudgedOnTheRowsOfAReport() {
    var report =
        evaluations
            .evaluate(
                request(
                    binary(2, "late", "0", "1"),
                    Request.Settings.forClassification().withSlices(List.of("airport"))))
            .content();
    var worse = evaluations.challenge(report, binary(-1, "late", "0", "1"));
    assertThat(worse.other().path("rows")).isEqualTo(report.path("rows"));
    assertThat(worse.comparison().path("auc").path("difference").asDouble()).isGreaterThan(0.6);
    assertThat(worse.comparison().path("auc").path("p_value").asDouble()).isLessThan(0.01);
    assertThat(worse.other().path("slices")).hasSize(report.path("slices").size());
  }

  @Test
  void aChampionThatNeedsOtherColumnsIsNamedWithTheWayOut() {
    var report =
        evaluations
            .evaluate(request(binary(2, "late", "0", "1"), Request.Settings.forClassification()))
            .content();
    var graph = new OnnxGraph("m");
    graph.input("y", DataType.FP32, -1);
    graph.node("Sigmoid", "y").out("probability");
    graph.output("probability", DataType.FP32, -1);
    var champion =
        ModelPackage.seal(
            artifacts,
            graph.bytes(),
            new Signature(
                List.of(Field.column("y", DataType.FP32, true)),
                List.of(Field.column("probability", DataType.FP32, false))),
            null,
            null,
            lock("binary", "late", "0", "1"));
    assertThatThrownBy(() -> evaluations.challenge(report, champion))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("champion " + champion.brief())
        .hasMessageContaining("no column \"y\"")
        .hasMessageContaining("take the alias champion away");
  }

  @Test
  void whatCannotBeJudgedIsRefusedWithTheFix() {
    assertThatThrownBy(() ->
            evaluations.evaluate(request(regression(1), Request.Settings.forClassification())))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("the model's task is regression: use evaluate/regression");
    assertThatThrownBy(() ->
            evaluations.evaluate(
                request(
                    binary(1, "late", "0", "1"),
                    Request.Settings.forClassification().withLabel("lat"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no column \"lat\"; did you mean \"late\"?");
    assertThatThrownBy(() ->
            evaluations.evaluate(
                request(binary(1, "kind", "a", "b"), Request.Settings.forClassification())))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("label \"kind\" at row")
        .hasMessageContaining("got \"c\", expected one of the model's classes: a, b");
    assertThatThrownBy(() ->
            evaluations.evaluate(request(binary(1, "kind"), Request.Settings.forClassification())))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("got \"a, b, c\", expected two, the negative one first");
    assertThatThrownBy(() -> evaluations.report(artifacts.put(new byte[] {'{', '}'})))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("is no report");
  }
}
