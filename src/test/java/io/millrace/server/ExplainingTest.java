package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Futures;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import io.millrace.models.DataType;
import io.millrace.models.Golden;
import io.millrace.models.ModelPackage;
import io.millrace.models.SmallModel;
import io.millrace.models.Tensor;
import io.millrace.models.explanations.Explainer;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.ModelName;
import io.millrace.serving.EndpointName;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import io.millrace.serving.RequestedOutput;
import io.millrace.serving.predictions.LogSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Explanations on the whole platform: with a request, and later by the prediction's id. */
class ExplainingTest {
  private static final EndpointName COSTS = new EndpointName("costs");
  private static final Map<String, Object> EXPLAIN = Map.of("explain", true);

  /** Moves at each look, so that ids are in the order in which they were made. */
  private static final class Ticking extends Clock {
    private final AtomicLong millis =
        new AtomicLong(Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis.incrementAndGet());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @TempDir Path folder;
  private Platform platform;

  @BeforeEach
  void open() {
    platform = new Platform(new Configuration(folder, Configuration.HOST, 0), new Ticking());
  }

  @AfterEach
  void close() {
    platform.close();
  }

  private void deploy(boolean withGoldenRows) {
    var golden =
        new Golden(
            List.of(Tensor.of("age", 20f, Float.NaN), Tensor.of("sex", "male", "female")),
            List.of(Tensor.of("score", 120f, 11f)));
    var digest =
        ModelPackage.seal(
            platform.artifacts,
            SmallModel.graph().bytes(),
            SmallModel.SIGNATURE,
            null,
            withGoldenRows ? golden : null,
            Json.object());
    platform.registry.register(new ModelName("costs"), digest);
    platform.endpoints.deploy(COSTS, "costs/1");
  }

  private InferAnswer ask(Map<String, Object> parameters, float[] ages, String... sexes) {
    return ask(parameters, List.of(), ages, sexes);
  }

  private InferAnswer ask(
      Map<String, Object> parameters,
      List<RequestedOutput> outputs,
      float[] ages,
      String... sexes) {
    var inputs = List.of(Tensor.of("age", ages), Tensor.of("sex", sexes));
    return Futures.join(
        platform.inference.infer(
            COSTS, null, Map.of(), _ -> new InferRequest("mine", parameters, inputs, outputs)));
  }

  private static JsonNode explanation(InferAnswer answer, int row) {
    var last = answer.outputs().getLast();
    assertThat(last.name()).isEqualTo("explanation");
    return Json.parse(last.texts()[row]);
  }

  private static double added(JsonNode explanation, String input) {
    for (var one : explanation.path("contributions"))
      if (one.path("input").asText().equals(input)) return one.path("contribution").asDouble();
    throw new AssertionError(explanation);
  }

  @Test
  void aRequestThatAsksForItGetsTheExplanationOfEachRow() {
    deploy(true);
    var answer = ask(EXPLAIN, new float[] {30, Float.NaN}, "female", "male");
    assertThat(answer.outputs()).extracting(Tensor::name).containsExactly("score", "explanation");
    assertThat(answer.outputs().getLast().shape()).containsExactly(2);
    var first = explanation(answer, 0);
    assertThat(first.path("method").asText()).isEqualTo("sampling");
    assertThat(first.path("output").asText()).isEqualTo("score");
    assertThat(first.path("scale").asText()).isEqualTo("output");
    assertThat(first.path("answer").asDouble()).isEqualTo(31);
    assertThat(first.path("base_value").asDouble()).isEqualTo(65.5);
    assertThat(first.path("reference").path("rows").asInt()).isEqualTo(2);
    assertThat(added(first, "age")).isCloseTo(15, within(1e-4));
    assertThat(added(first, "sex")).isCloseTo(-49.5, within(1e-4));
    assertThat(Math.abs(first.path("residual").asDouble())).isLessThan(1e-9);
    var second = explanation(answer, 1);
    assertThat(second.at("/contributions/0/input").asText()).isEqualTo("sex");
    assertThat(second.at("/contributions/1/value").isNull()).isTrue();
    assertThat(added(second, "sex")).isCloseTo(49.5, within(1e-4));

    var without = explanation(ask(EXPLAIN, new float[] {20}, new String[1]), 0);
    assertThat(added(without, "sex")).isCloseTo(-49.5, within(1e-4));

    var plain = ask(Map.of("explain", false), new float[] {30}, "male");
    assertThat(plain.outputs()).extracting(Tensor::name).containsExactly("score");
  }

  @Test
  void theOutputsThatAreListedAndThoseThatAreGivenStayInStep() {
    deploy(true);
    var listed = List.of(new RequestedOutput("score", true, 0));
    var answer = ask(EXPLAIN, listed, new float[] {30}, "male");
    assertThat(answer.request().outputs())
        .extracting(RequestedOutput::name)
        .containsExactly("score", "explanation");
  }

  @Test
  void byItsIdAPredictionIsExplainedAsWithTheRequest() {
    deploy(true);
    var answer = ask(EXPLAIN, new float[] {30, 40}, "female", "male");
    for (int row = 0; row < 2; row++) {
      var later =
          platform.answerExplanations.explanation(
              answer.predictionId() + "/" + row, Explainer.Options.USUAL);
      assertThat(later.path("contributions"))
          .isEqualTo(explanation(answer, row).path("contributions"));
      assertThat(later.path("version").asText()).isEqualTo("costs/1");
      assertThat(later.path("outputs").path("score").asDouble())
          .isEqualTo(later.path("answer").asDouble());
      assertThat(later.path("outputs").has("explanation")).as("what is logged").isFalse();
    }
  }

  @Test
  void theVersionThatAnsweredExplainsAlsoWhenAnotherServes() {
    deploy(true);
    var id = ask(Map.of(), new float[] {30}, "male").predictionId();
    platform.endpoints.delete(COSTS);
    var later = platform.answerExplanations.explanation(id, Explainer.Options.USUAL);
    assertThat(later.path("answer").asDouble()).isEqualTo(130);
  }

  @Test
  void aModelWithoutGoldenRowsIsHeldAgainstTheRowsItWasAskedBefore() {
    deploy(false);
    assertThatThrownBy(() -> ask(EXPLAIN, new float[] {30}, "male"))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("costs/1 has no rows to explain an answer against");
    ask(Map.of(), new float[] {10, 20}, "female", "female");
    var answer = ask(EXPLAIN, new float[] {30}, "male");
    var found = explanation(answer, 0);
    // The refused request was answered and logged too: (30 male, 10 female, 20 female).
    assertThat(found.path("reference").path("rows").asInt()).isEqualTo(3);
    assertThat(found.path("base_value").asDouble()).isCloseTo(54, within(1e-4));
    assertThat(added(found, "age")).isCloseTo(10, within(1e-4));
    assertThat(added(found, "sex")).isCloseTo(66, within(1e-4));
    ask(Map.of(), new float[] {77}, "male");
    var later =
        platform.answerExplanations.explanation(answer.predictionId(), Explainer.Options.USUAL);
    assertThat(later.path("contributions")).isEqualTo(found.path("contributions"));
  }

  @Test
  void aModelThatHasAnOutputOfThatNameIsNotAskedAtAll() {
    var graph = new OnnxGraph("costs");
    graph.input("age", DataType.FP32, -1);
    graph.node("Neg", "age").out("explanation");
    var file = graph.output("explanation", DataType.FP32, -1).bytes();
    platform.registry.importOnnx(new ModelName("costs"), platform.artifacts.put(file));
    platform.endpoints.deploy(COSTS, "costs/1");
    var inputs = List.of(Tensor.of("age", 30f));
    assertThatThrownBy(() ->
            Futures.join(
                platform.inference.infer(
                    COSTS,
                    null,
                    Map.of(),
                    _ -> new InferRequest("mine", EXPLAIN, inputs, List.of()))))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("an output \"explanation\" of its own");
    var logged = platform.predictions.sql("select * from predictions", COSTS, null, null, 10);
    assertThat(logged.path("rows")).isEmpty();
  }

  @Test
  void whatCannotBeExplainedIsRefused() {
    deploy(true);
    assertThatThrownBy(() -> ask(Map.of("explain", "yes"), new float[] {1}, "male"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"explain\"");
    assertThatThrownBy(() -> ask(EXPLAIN, new float[17], new String[17]))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("17 rows with the parameter \"explain\", expected at most 16");
    assertThatThrownBy(
            () -> ask(Map.of("explain", true, "explain_output", "scored"), new float[] {1}, "male"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("did you mean \"score\"");
    assertThatThrownBy(() ->
            ask(
                Map.of("explain", true, "explain_permutations", 1_000_000L),
                new float[] {1},
                "male"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("4 to 10,000");
    var id = ask(Map.of(), new float[] {1}, "male").predictionId();
    platform.predictions.set(COSTS, new LogSettings(1, List.of("age"), 30));
    assertThatThrownBy(() -> platform.answerExplanations.explanation(id, Explainer.Options.USUAL))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("input \"age\" is masked");
  }
}
