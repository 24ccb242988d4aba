package io.millrace.serving.predictions;

import static io.millrace.serving.predictions.LogRoom.HOUSES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.models.Tensor;
import io.millrace.serving.EndpointName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionsTest {
  @TempDir Path folder;
  private LogRoom room;

  @BeforeEach
  void open() {
    room = new LogRoom(folder).writing();
  }

  @AfterEach
  void close() {
    room.close();
  }

  private String give(String json) {
    return room.feedback.give(Json.array().add(Json.parse(json))).getFirst();
  }

  private JsonNode sql(String sql) {
    return room.predictions.sql(sql, HOUSES, null, null, 100).path("rows");
  }

  @Test
  void aPredictionTellsAllThatWasLogged() {
    var at = room.clock.instant();
    var prediction = room.predictions.prediction(room.offer(42));
    assertThat(prediction.path("time").asText()).isEqualTo(at.toString());
    assertThat(prediction.path("endpoint").asText()).isEqualTo("houses");
    assertThat(prediction.path("version").asText()).isEqualTo("titanic/1");
    assertThat(prediction.path("package").asText()).isEqualTo("ab".repeat(32));
    assertThat(prediction.path("latency_micros").asLong()).isEqualTo(123);
    assertThat(prediction.path("client_id").asText()).isEqualTo("mine");
    assertThat(prediction.path("variant").isNull()).isTrue();
    assertThat(prediction.path("context")).isEqualTo(Json.parse("{\"traceparent\":\"00-1-2-03\"}"));
    assertThat(prediction.path("inputs")).isEqualTo(Json.parse("{\"age\":42,\"name\":\"row 42\"}"));
    assertThat(prediction.path("outputs")).isEqualTo(Json.parse("{\"probability\":0.42}"));
  }

  @Test
  void pagesGoOnFromTheLastIdAndConditionsAreSql() {
    for (int i = 0; i < 25; i++) {
      room.offer(i);
      room.clock.pass(Duration.ofMillis(5));
    }
    var ids = new ArrayList<String>();
    String before = null;
    do {
      var page =
          room.predictions.list(new Predictions.Question(HOUSES, null, null, null, before, 10));
      for (var row : page.path("rows")) ids.add(row.path(0).asText());
      before = page.path("truncated").asBoolean() ? ids.getLast() : null;
    } while (before != null);
    assertThat(ids).hasSize(25).doesNotHaveDuplicates().isEqualTo(room.ids(null));
    assertThat(room.ids("cast(inputs->>'age' as double) >= 20 -- a comment")).hasSize(5);
    assertThatThrownBy(() -> room.ids("wrong = 1"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("wrong");
    assertThatThrownBy(() -> room.ids("id in (select path from prediction_file)"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no table \"prediction_file\"");
    assertThat(
            sql("select count(*), max(cast(outputs->>'probability' as double)) from predictions")
                .toString())
        .isEqualTo("[[25,0.24]]");
  }

  @Test
  void theRowsOfARequestAreListedByTheirNumbers() {
    var numbers = new float[12];
    for (int i = 0; i < numbers.length; i++) numbers[i] = i;
    var id = "0".repeat(31) + "1";
    var request =
        LogRoom.prediction(id, room.clock.instant(), List.of(Tensor.of("age", numbers)), List.of());
    room.predictions.log().offer(request);
    room.offer(20);
    var expected = new ArrayList<String>();
    for (int row = 11; row >= 0; row--) expected.add(id + "/" + row);
    assertThat(room.ids(null).subList(1, 13)).isEqualTo(expected);
    var question = new Predictions.Question(HOUSES, null, null, null, id + "/10", 3);
    var page = new ArrayList<String>();
    for (var row : room.predictions.list(question).path("rows")) page.add(row.path(0).asText());
    assertThat(page).isEqualTo(expected.subList(2, 5));
  }

  @Test
  void aSpanOfTimeAndAnEndpointAreKept() {
    room.offer(1);
    var since = room.clock.instant().plusMillis(500);
    room.clock.pass(Duration.ofSeconds(1));
    var second = room.offer(2);
    var until = room.clock.instant().plusMillis(500);
    room.clock.pass(Duration.ofSeconds(1));
    room.offer(3);
    var found = room.predictions.sql("select id from predictions", HOUSES, since, until, 10);
    assertThat(found.path("rows").toString()).isEqualTo("[[\"%s\"]]".formatted(second));
    var other = new EndpointName("other");
    assertThat(
            room.predictions.sql("select id from predictions", other, null, null, 10).path("rows"))
        .isEmpty();
    assertThatThrownBy(() -> room.predictions.sql("select 1", HOUSES, until, since, 10))
        .isInstanceOf(InvalidInput.class);
  }

  @Test
  void aPredictionThatIsNotThereSaysWhatThereIs() {
    var request = "%012x%020x".formatted(room.clock.millis(), 7);
    room.predictions
        .log()
        .offer(
            LogRoom.prediction(
                request, room.clock.instant(), List.of(Tensor.of("age", 1f, 2f)), List.of()));
    assertThat(room.predictions.prediction(request + "/1").path("inputs").path("age").asInt())
        .isEqualTo(2);
    assertThatThrownBy(() -> room.predictions.prediction(request))
        .isInstanceOf(NotFound.class)
        .hasMessage(
            "no prediction \"%1$s\": that request has 2 predictions; ask for %1$s/0 to %1$s/1",
            request);
    assertThatThrownBy(() -> room.predictions.prediction("0".repeat(32)))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("in the log");
    assertThatThrownBy(() -> room.predictions.prediction("x"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("32 hexadecimal digits");
  }

  @Test
  void theLastCorrectionCountsPartsComeTogetherAndAllIsKept() {
    var id = room.offer(42);
    var other = room.offer(43);
    give("{\"id\":\"%s\",\"values\":{\"label\":0}}".formatted(id));
    room.clock.pass(Duration.ofDays(1));
    give("{\"id\":\"%s\",\"values\":{\"amount\":2.5}}".formatted(id));
    give("{\"id\":\"%s\",\"values\":{\"label\":1}}".formatted(id));
    var prediction = room.predictions.prediction(id);
    assertThat(prediction.path("feedback")).isEqualTo(Json.parse("{\"label\":1,\"amount\":2.5}"));
    assertThat(prediction.path("feedback_at").asText()).isEqualTo(room.clock.instant().toString());
    assertThat(prediction.path("feedback_history"))
        .extracting(one -> one.path("name").asText() + "=" + one.path("value"))
        .containsExactly("label=0", "amount=2.5", "label=1");
    assertThat(room.ids("feedback->>'label' = '1'")).containsExactly(id);
    assertThat(room.ids("feedback is null")).containsExactly(other);
  }

  @Test
  void feedbackFindsTheNewestPredictionOfAnEntityUpToATime() {
    var first = room.offer(42);
    room.clock.pass(Duration.ofMinutes(1));
    var between = room.clock.instant();
    room.clock.pass(Duration.ofMinutes(1));
    var second = room.offer(42);
    room.offer(7);
    room.clock.pass(Duration.ofMinutes(1));
    var form =
        "{\"endpoint\":\"houses\",\"key\":{\"age\":42,\"name\":\"row 42\"},\"time\":\"%s\",\"values\":{\"label\":1}}";
    assertThat(give(form.formatted(between))).isEqualTo(first);
    assertThat(give(form.formatted(room.clock.instant()))).isEqualTo(second);
    assertThatThrownBy(() -> give(form.formatted(Instant.parse("2001-01-01T00:00:00Z"))))
        .isInstanceOf(NotFound.class)
        .hasMessageStartingWith(
            "feedback[0]: no prediction of endpoint houses up to 2001-01-01T00:00:00Z has the inputs");
  }

  @Test
  void feedbackIsTakenWholeOrNotAtAllAndSaysWhereItIsWrong() {
    var id = room.offer(42);
    var list =
        Json.parse(
            "[{\"id\":\"%s\",\"values\":{\"label\":1}},{\"id\":\"x\",\"values\":{\"label\":1}}]"
                .formatted(id));
    assertThatThrownBy(() -> room.feedback.give(list))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("feedback[1]: prediction id: got \"x\"");
    assertThat(room.ids("feedback is not null")).isEmpty();
    assertThatThrownBy(() -> give("{\"id\":\"%s\",\"values\":{}}".formatted(id)))
        .hasMessage(
            "feedback[0]: values: got {}, expected an object of 1 to 100 values by name, such as {\"label\": 1}");
    assertThatThrownBy(() -> give("{\"values\":{\"label\":1}}"))
        .hasMessageContaining("neither \"id\" nor \"endpoint\"");
  }

  @Test
  void settingsLeaveOutAndMaskFromThenOnAndSurviveARestart() throws Exception {
    room.deploy();
    room.predictions.set(HOUSES, new LogSettings(1, List.of("name"), 30));
    var masked = room.offer(42);
    assertThat(room.predictions.prediction(masked).path("inputs"))
        .isEqualTo(Json.parse("{\"age\":42,\"name\":null}"));
    room.predictions.set(HOUSES, new LogSettings(0.25, List.of("name"), 30));
    for (int i = 0; i < 2_000; i++) room.offer(i);
    var counts = room.predictions.standing(HOUSES).counts();
    assertThat(counts.unsampled()).isBetween(1_350L, 1_650L);
    assertThat(
            room.predictions
                .sql("select 1 from predictions", HOUSES, null, null, 10_000)
                .path("rows"))
        .hasSize((int) (2_001 - counts.unsampled()));
    room.close();
    try (var files = Files.walk(folder.resolve("predictions/segments"))) {
      for (var file : files.filter(Files::isRegularFile).toList())
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("row ");
    }
    room = new LogRoom(folder);
    assertThat(room.predictions.standing(HOUSES))
        .isEqualTo(
            new Predictions.Standing(new LogSettings(0.25, List.of("name"), 30), LogCounts.NONE));
    assertThatThrownBy(() -> room.predictions.set(new EndpointName("none"), LogSettings.DEFAULT))
        .isInstanceOf(NotFound.class);
    assertThatThrownBy(() -> new LogSettings(Double.NaN, List.of(), 1))
        .isInstanceOf(InvalidInput.class);
  }

  @Test
  void aPredictionTellsWhereItsModelCameFrom() throws Exception {
    room.deploy();
    var answer =
        new Origins(room.database, room.registry, room.metadata)
            .addTo(room.predictions.prediction(room.offer(42)));
    var model = answer.path("model");
    assertThat(model.path("version").asText()).isEqualTo("titanic/1");
    assertThat(model.path("registered").asBoolean()).isTrue();
    assertThat(model.path("source").asText()).isEqualTo("onnx");
    assertThat(model.path("made_by")).isNotEmpty();
  }
}
