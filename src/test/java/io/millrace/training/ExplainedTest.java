package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.base.Digest;
import io.millrace.models.Feed;
import io.millrace.models.LoadedModel;
import io.millrace.models.Tensor;
import io.millrace.models.explanations.Explainer;
import io.millrace.models.explanations.Explanation;
import io.millrace.models.explanations.Explanation.Contribution;
import io.millrace.pipelines.Result;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Explanations of models that were really trained. */
class ExplainedTest {
  @TempDir Path folder;
  private TrainingRoom room;

  @BeforeEach
  void open() {
    room = new TrainingRoom(folder);
  }

  private Result trained(Digest data, String values) throws Exception {
    return TrainComponent.xgboost(room.artifacts, TrainingRoom.PROGRAM)
        .run(room.task(data, values));
  }

  private Explainer explainer(LoadedModel model, boolean withFile) {
    var contents = model.contents();
    var golden = contents.golden();
    assertThat(golden).isNotNull();
    return new Explainer(
        model,
        withFile ? room.artifacts.bytes(contents.model(), 64L << 20) : null,
        new Explainer.References(golden.inputs(), "golden rows"));
  }

  private static double sum(Explanation explanation) {
    return explanation.base()
        + explanation.contributions().stream().mapToDouble(Contribution::amount).sum();
  }

  /** The model of the quickstart, on rows that it was not trained on, missing values among them. */
  @Test
  void theQuickstartsModelIsExplainedExactlyAndInFull() throws Exception {
    var train = room.flights("2001-01-02", "2001-01-25", "label_at < timestamptz '2001-01-25'");
    var result =
        trained(
            train,
            """
            {"label": "late15", "ignore": ["flight_id", "dep_ts", "label_at"], "validate_from": "2001-01-20", "seed": 7}\
            """);
    var columns =
        TrainingRoom.columns(room.frame(room.flights("2001-01-25", "2001-01-26", "true")));
    try (var model = room.model(result)) {
      var explainer = explainer(model, true);
      for (int row = 0; row < 200; row++) {
        var inputs = Feed.tensors(model.signature(), columns, row, row + 1);
        var found = explainer.explain(inputs, Explainer.Options.USUAL);
        assertThat(found.method()).isEqualTo(Explanation.TREE_SHAP);
        assertThat(found.scale()).isEqualTo(Explanation.MARGIN);
        assertThat(found.output()).isEqualTo("probability");
        assertThat(sum(found))
            .as("row %d", row)
            .isCloseTo(found.value(), within(1e-6 * Math.max(1, Math.abs(found.value()))));
        assertThat(1 / (1 + Math.exp(-found.value())))
            .as("row %d", row)
            .isCloseTo(found.answer(), within(1e-5));
        assertThat(found.contributions()).hasSize(19);
      }
    }
  }

  @Test
  void aNumberIsExplainedInItsOwnScaleAndSamplingComesToTheSameWithinItsInterval()
      throws Exception {
    var data = room.diamonds("carat, color, clarity, depth, x, price", "diamond_id % 8 = 0");
    var result = trained(data, "{\"label\": \"price\", \"rounds\": 60}");
    var columns = TrainingRoom.columns(room.frame(data));
    try (var model = room.model(result)) {
      var row = Feed.tensors(model.signature(), columns, 17, 18);
      var exact = explainer(model, true).explain(row, Explainer.Options.USUAL);
      assertThat(exact.method()).isEqualTo(Explanation.TREE_SHAP);
      assertThat(exact.scale()).isEqualTo(Explanation.OUTPUT);
      var drawn = explainer(model, false).explain(row, new Explainer.Options("prediction", 800, 3));
      assertThat(drawn.method()).isEqualTo(Explanation.SAMPLING);
      assertThat(sum(drawn)).isCloseTo(drawn.answer(), within(1e-2));
      assertThat(drawn.base()).isCloseTo(exact.base(), within(1e-2));
      for (var one : drawn.contributions()) {
        double wanted =
            exact.contributions().stream()
                .filter(other -> other.input().equals(one.input()))
                .findFirst()
                .orElseThrow()
                .amount();
        assertThat(one.error()).isNotNull();
        assertThat(one.amount()).as(one.input()).isCloseTo(wanted, within(5 * one.error() + 1e-2));
      }
    }
  }

  @Test
  void ofSeveralClassesTheMostProbableIsExplainedOrTheOneThatIsNamed() throws Exception {
    var data = room.diamonds("carat, color, depth, \"table\", cut", "diamond_id % 16 = 0");
    var result = trained(data, "{\"label\": \"cut\", \"rounds\": 20}");
    var columns = TrainingRoom.columns(room.frame(data));
    try (var model = room.model(result)) {
      var row = Feed.tensors(model.signature(), columns, 3, 4);
      var probabilities = probabilities(model, row);
      var found = explainer(model, true).explain(row, Explainer.Options.USUAL);
      assertThat(found.method()).isEqualTo(Explanation.TREE_SHAP);
      for (double probability : probabilities)
        assertThat(found.answer()).isGreaterThanOrEqualTo(probability);
      var named =
          explainer(model, true).explain(row, new Explainer.Options("probabilities[1]", 400, 1));
      assertThat(named.output()).isEqualTo("probabilities[1]");
      assertThat(named.answer()).isEqualTo(probabilities[1]);
      assertThat(sum(named)).isCloseTo(named.value(), within(1e-6));
    }
  }

  private static double[] probabilities(LoadedModel model, List<Tensor> row) {
    return model.run(row).getFirst().numbers();
  }

  @Test
  void aLineIsExplainedByWhatItsWeightsSay() throws Exception {
    var data = room.diamonds("carat, depth, x, price", "diamond_id % 16 = 0");
    var result = trained(data, "{\"label\": \"price\", \"rounds\": 20}");
    var columns = TrainingRoom.columns(room.frame(data));
    try (var model = room.baseline(result, "linear")) {
      var explainer = explainer(model, true);
      var row = Feed.tensors(model.signature(), columns, 5, 6);
      var found = explainer.explain(row, Explainer.Options.USUAL);
      assertThat(found.method()).isEqualTo(Explanation.SAMPLING);
      for (var one : found.contributions()) {
        // What a line changes by when one input takes the mean of the reference rows.
        var golden = model.contents().golden();
        assertThat(golden).isNotNull();
        double expected = 0;
        for (int r = 0; r < golden.rows(); r++) {
          var other = new java.util.ArrayList<>(row);
          for (int i = 0; i < other.size(); i++)
            if (other.get(i).name().equals(one.input()))
              other.set(i, Feed.rows(reference(golden.inputs(), one.input()), r, r + 1));
          expected += (found.answer() - model.run(other).getFirst().numbers()[0]) / golden.rows();
        }
        assertThat(one.error()).isNotNull();
        assertThat(one.amount())
            .as(one.input())
            .isCloseTo(expected, within(4 * one.error() + 1e-2));
      }
    }
  }

  private static Tensor reference(List<Tensor> golden, String name) {
    return golden.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }
}
