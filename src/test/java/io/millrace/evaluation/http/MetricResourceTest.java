package io.millrace.evaluation.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MetricResourceTest {
  private final MetricResource resource = new MetricResource();

  @Test
  void labelsAndScoresAreJudged() {
    var answer =
        resource.binary(
            Json.parse("{\"labels\": [0, false, 1, true], \"scores\": [0.1, 0.4, 0.35, 0.8]}"));
    assertThat(answer.path("auc").asDouble()).isEqualTo(0.75);
    assertThat(answer.path("rows").asInt()).isEqualTo(4);
    assertThat(answer.path("log_loss").isNumber() && answer.path("brier").isNumber()).isTrue();
  }

  @Test
  void oneClassHasNoArea() {
    assertThat(
            resource
                .binary(Json.parse("{\"labels\": [1], \"scores\": [0.5]}"))
                .path("auc")
                .isNull())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                       | expected {"labels"
          {"labels": [], "scores": []}             | at least one row
          {"labels": [1, 0], "scores": [0.5]}      | got 1, expected 2, as many as labels
          {"labels": [2], "scores": [0.5]}         | label at row 1: got 2
          {"labels": [1], "scores": ["a"]}         | score at row 1
          {"labels": [1], "scores": [1.5]}         | score at row 1: got 1.5
          """)
  void whatIsWrongIsSaid(String body, String message) {
    assertThatThrownBy(() -> resource.binary(Json.parse(body)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void anEmptyBodyIsRefused() {
    assertThatThrownBy(() -> resource.binary(null)).isInstanceOf(InvalidInput.class);
  }
}
