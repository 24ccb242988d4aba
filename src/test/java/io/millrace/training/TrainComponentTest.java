package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Program;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.pipelines.Component;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainComponentTest {
  private static final String TITANIC =
      "survived, pclass, sex, age, sibsp, parch, fare as \"fare paid\", embarked, age is null as \"age [unknown]\"";

  @TempDir Path folder;
  private TrainingRoom room;
  private Component xgboost;

  @BeforeEach
  void open() {
    room = new TrainingRoom(folder);
    xgboost = TrainComponent.xgboost(room.artifacts, TrainingRoom.PROGRAM);
  }

  @Test
  void learnsAYesOrNoQuestionFromNumbersTextsAndTruthValuesWithMissingOnes() throws Exception {
    var data = room.titanic(TITANIC);
    var task = room.task(data, "{\"label\": \"survived\", \"seed\": 7}");
    var result = xgboost.run(task);

    assertThat(result.summary().get("rows").asInt()).isEqualTo(1309);
    assertThat(result.summary().get("nulls").asInt()).isGreaterThan(200);
    for (var trainer : List.of("XGBoost", "the linear model", "the trivial model"))
      assertThat(task.lines)
          .anyMatch(line -> line.startsWith("12,000 rows replayed through " + trainer));
    assertThat(task.doings).anyMatch(doing -> doing.contains("candidate 2 of"));
    assertThat(task.params).containsEntry("label", "survived").containsKey("max_depth");
    assertThat(task.metrics)
        .containsKeys("candidate_1/validation_logloss@1", "train_logloss@1", "validation_auc@0");
    try (var model = room.model(result);
        var linear = room.baseline(result, "linear");
        var trivial = room.baseline(result, "trivial")) {
      assertThat(model.missing()).isEmpty();
      assertThat(model.label()).contains("survived");
      assertThat(model.lock().path("task").asText()).isEqualTo("binary");
      assertThat(model.lock().path("dataset").asText()).isEqualTo(data.hex());
      assertThat(linear.lock().at("/program/digest").asText()).isEqualTo(TrainingRoom.PROGRAM);
      assertThat(linear.lock().at("/program/version").asText()).isEqualTo(Program.version());
      assertThat(linear.lock().path("libraries").properties())
          .extracting(Map.Entry::getKey)
          .containsExactly("duckdb", "onnxruntime", "xgboost");
      assertThat(linear.lock().at("/libraries/onnxruntime").asText())
          .isEqualTo(ai.onnxruntime.OrtEnvironment.getEnvironment().getVersion());
      assertThat(model.signature().inputNames())
          .containsExactly(
              "pclass", "sex", "age", "sibsp", "parch", "fare paid", "embarked", "age [unknown]");
      assertThat(model.signature().input("sex").datatype()).isEqualTo(DataType.BYTES);
      assertThat(model.signature().output("probability").shape()).containsExactly(-1L);
      assertThat(model.lock().at("/validation/metrics/auc").asDouble()).isGreaterThan(0.8);
      assertThat(linear.lock().at("/validation/metrics/auc").asDouble()).isGreaterThan(0.8);
      assertThat(trivial.lock().at("/validation/metrics/auc").asDouble()).isEqualTo(0.5);
      var columns = TrainingRoom.columns(room.frame(data));
      assertThat(trivial.answer(columns).get("probability").floats()).containsOnly(500f / 1309);
      assertThat(linear.answer(columns).get("probability").floats()).hasSize(1309);
    }
  }

  @Test
  void equalDataAndSeedGiveEqualPackages() throws Exception {
    var data = room.titanic(TITANIC);
    var other = new TrainingRoom(folder.resolve("other"));
    var first = xgboost.run(room.task(data, "{\"label\": \"survived\", \"seed\": 7}"));
    var second =
        TrainComponent.xgboost(other.artifacts, TrainingRoom.PROGRAM)
            .run(other.task(other.titanic(TITANIC), "{\"label\": \"survived\", \"seed\": 7}"));
    assertThat(second.artifacts()).isEqualTo(first.artifacts());
  }

  /** With few rows late trees come to a single leaf. */
  @ParameterizedTest
  @ValueSource(ints = {40, 60, 100, 300})
  void smallTablesTrainAndConvertToo(int rows) throws Exception {
    var data =
        room.data(
            Map.of(),
            """
            select hash(range, 1) %% 10000 / 10000.0 as a, chr(120 + (hash(range, 2) %% 3)::integer) as b,
                   (hash(range, 3) %% 2)::integer as y from range(%d)
            """
                .formatted(rows));
    var result = xgboost.run(room.task(data, "{\"label\": \"y\", \"rounds\": 150, \"seed\": 7}"));
    assertThat(result.summary().get("rows").asInt()).isEqualTo(rows);
  }

  @Test
  void learnsAmongSeveralClasses() throws Exception {
    var data =
        room.diamonds(
            "carat, color, clarity, depth, \"table\", x, y, z, price, case cut when 'Fair' then 'Good' else cut end as cut",
            "diamond_id % 8 = 0");
    var result = xgboost.run(room.task(data, "{\"label\": \"cut\", \"rounds\": 60}"));
    assertThat(result.summary().get("task").asText()).isEqualTo("multiclass");
    var columns = TrainingRoom.columns(room.frame(data));
    try (var model = room.model(result);
        var linear = room.baseline(result, "linear");
        var trivial = room.baseline(result, "trivial")) {
      assertThat(model.signature().output("probabilities").shape()).containsExactly(-1L, 4L);
      assertThat(model.lock().path("classes"))
          .isEqualTo(Json.tree(List.of("Good", "Ideal", "Premium", "Very Good")));
      assertThat(model.answer(columns).get("label").texts()[0])
          .isIn("Good", "Ideal", "Premium", "Very Good");
      assertThat(trivial.answer(columns).get("label").texts()).containsOnly("Ideal");
      assertThat(linear.lock().at("/validation/metrics/accuracy").asDouble()).isGreaterThan(0.5);
      assertThat(model.lock().at("/validation/metrics/log_loss").asDouble())
          .isLessThan(linear.lock().at("/validation/metrics/log_loss").asDouble());
    }
  }

  @Test
  void learnsANumber() throws Exception {
    var data = room.diamonds("* exclude (diamond_id)", "diamond_id % 4 = 0");
    var result = xgboost.run(room.task(data, "{\"label\": \"price\"}"));
    assertThat(result.summary().get("task").asText()).isEqualTo("regression");
    try (var model = room.model(result);
        var linear = room.baseline(result, "linear");
        var trivial = room.baseline(result, "trivial")) {
      double trees = model.lock().at("/validation/metrics/rmse").asDouble();
      assertThat(trees).isLessThan(900);
      assertThat(linear.lock().at("/validation/metrics/rmse").asDouble()).isBetween(trees, 1500.0);
      assertThat(trivial.lock().at("/validation/metrics/rmse").asDouble()).isGreaterThan(3000);
      assertThat(model.answer(TrainingRoom.columns(room.frame(data))).get("prediction").numbers())
          .isNotEmpty()
          .doesNotContain(Double.NaN);
    }
  }

  @Test
  void aTextThatIsDifferentInAlmostEveryRowIsKeptDownAndSaid() throws Exception {
    var task = room.task(room.titanic("survived, sex, ticket, name"), "{\"label\": \"survived\"}");
    var result = TrainComponent.linear(room.artifacts, TrainingRoom.PROGRAM).run(task);
    assertThat(task.lines).anyMatch(line -> line.contains("\"ticket\" has 929 different texts"));
    try (var model = room.model(result);
        var trivial = room.baseline(result, "trivial")) {
      var answer =
          model.run(
              List.of(
                  Tensor.of("sex", "male", ""),
                  Tensor.of("ticket", "no such", "CA. 2343"),
                  Tensor.of("name", "", "x")));
      assertThat(answer.getFirst().floats()).hasSize(2).doesNotContain(Float.NaN);
      assertThat(trivial.lock().path("trainer").asText()).isEqualTo("train/trivial");
    }
  }

  @Test
  void rowsWithoutALabelAreDroppedAndSaid() throws Exception {
    var task =
        room.task(
            room.titanic("case when passenger_id > 10 then survived end as survived, sex"),
            "{\"label\": \"survived\"}");
    var result = TrainComponent.trivial(room.artifacts, TrainingRoom.PROGRAM).run(task);
    assertThat(task.lines).contains("10 rows dropped: their label \"survived\" is missing");
    assertThat(result.artifacts()).containsOnlyKeys("model");
    assertThat(result.summary().get("rows").asInt()).isEqualTo(1299);
  }

  @Test
  void aTimeIsRefusedUnlessIgnored() throws Exception {
    var data =
        room.titanic(
            "survived, sex, timestamp '2001-01-01' + to_days(passenger_id::int) as boarded");
    assertThatThrownBy(() -> xgboost.run(room.task(data, "{\"label\": \"survived\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "column \"boarded\" is a time: a model learns from numbers and texts. Add it to `ignore`, or derive numbers from it in the query, such as hour(boarded)");
    var result =
        TrainComponent.trivial(room.artifacts, TrainingRoom.PROGRAM)
            .run(
                room.task(
                    data,
                    "{\"label\": \"survived\", \"ignore\": [\"boarded\"], \"validate_from\": \"2003-01-01\"}"));
    try (var model = room.model(result)) {
      assertThat(model.lock().at("/validation/chosen_by").asText())
          .isEqualTo("boarded >= 2003-01-01");
      assertThat(model.signature().inputNames()).containsExactly("sex");
    }
  }

  @Test
  void whatCannotBeLearntIsRefusedWithTheFix() throws Exception {
    var data = room.titanic("survived, sex, 1 as one, age");
    assertThatThrownBy(() -> xgboost.run(room.task(data, "{\"label\": \"one\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("label \"one\" is 1 in every row");
    assertThatThrownBy(() -> xgboost.run(room.task(data, "{\"label\": \"survive\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no column \"survive\"")
        .hasMessageContaining("\"survived\"");
    assertThatThrownBy(
            () -> xgboost.run(room.task(data, "{\"label\": \"age\", \"objective\": \"binary\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("a binary objective needs two");
    assertThatThrownBy(() ->
            xgboost.run(room.task(data, "{\"label\": \"sex\", \"objective\": \"regression\"}")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("regression needs numbers");
  }

  @Test
  void settingsAreCheckedBeforeAnythingRuns() {
    var label = Json.tree("survived");
    assertThatThrownBy(
            () -> xgboost.check(Map.of("label", label, "params", Json.parse("{\"max_dept\": 3}"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no hyper-parameter \"max_dept\"")
        .hasMessageContaining("max_depth");
    assertThatThrownBy(
            () -> xgboost.check(Map.of("label", label, "params", Json.parse("{\"eta\": 5}"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("params: eta: got \"5\", expected a number from 1.0E-4 to 1");
    assertThatThrownBy(
            () -> xgboost.check(Map.of("label", label, "objective", Json.tree("ranking"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(
            "objective: got \"ranking\", expected one of binary, multiclass, regression");
    assertThatThrownBy(
            () -> xgboost.check(Map.of("label", label, "ignore", Json.parse("[\"survived\"]"))))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("ignore: \"survived\" is the label");
  }

  @Test
  void aCancelledStepEndsItsProcess() throws Exception {
    var data = room.diamonds("* exclude (diamond_id)", "true");
    var task = room.task(data, "{\"label\": \"price\", \"rounds\": 10000}");
    task.onProgress =
        doing -> {
          if (doing.startsWith("candidate 1")) task.cancel();
        };
    assertThatThrownBy(() -> xgboost.run(task)).isInstanceOf(InterruptedException.class);
    assertThat(
            ProcessHandle.current()
                .children()
                .filter(child ->
                    child.info().commandLine().orElse("").contains(task.folder().toString())))
        .isEmpty();
    assertThat(Files.exists(task.folder().resolve(TrainingProcess.RESULT))).isFalse();
  }
}
