package io.millrace.experiments.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTest {
  private static Request of(String body) {
    return Request.read(body.getBytes(StandardCharsets.UTF_8), Map.of(), Map.of());
  }

  @Test
  void numbersMayBeTextsAndKeysMayBeCamelCase() {
    var request = of("{\"maxResults\": \"12\", \"run_id\": \"r\", \"unknown\": 1}");
    assertThat(request.limit("max_results", 5, 100)).isEqualTo(12);
    assertThat(request.text("run_id")).isEqualTo("r");
    assertThat(request.optionalText("nothing")).isNull();
  }

  @Test
  void aBodyEncodedTwiceIsReadTwice() {
    assertThat(of("\"{\\\"run_id\\\": \\\"r\\\"}\"").text("run_id")).isEqualTo("r");
  }

  @Test
  void bothSpellingsOfAKeyAreRefused() {
    assertThatThrownBy(() -> of("{\"run_id\": \"a\", \"runId\": \"a\"}").text("run_id"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("both");
  }

  @Test
  void whatIsMissingIsNamedInMlflowsWords() {
    assertThatThrownBy(() -> of("{}").text("run_id"))
        .hasMessage(
            "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.");
  }

  @Test
  void metricsTakeNumbersTextsAndWhatJsonHasNoNumberFor() {
    assertThat(Request.number(of("{\"v\": 1}").body(), "v", "v")).isEqualTo(1);
    assertThat(Request.number(of("{\"v\": \"2.5e1\"}").body(), "v", "v")).isEqualTo(25);
    assertThat(Request.number(of("{\"v\": \"NaN\"}").body(), "v", "v")).isNaN();
    assertThat(Request.number(of("{\"v\": \"-Infinity\"}").body(), "v", "v"))
        .isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(Request.number(of("{\"v\": 1e400}").body(), "v", "v"))
        .isEqualTo(Double.POSITIVE_INFINITY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"v\": NaN}", "{\"v\": ", "[1]", "1", "null", "{\"v\": 1} x", "nonsense"})
  void whatIsNoJsonObjectIsRefused(String body) {
    assertThatThrownBy(() -> of(body)).isInstanceOf(InvalidInput.class);
  }

  @Test
  void aSemicolonIsPartOfAQuerysValue() {
    assertThat(Request.query("path=a;/../b&run_id=1&run_id=2&x"))
        .isEqualTo(
            Map.of("path", List.of("a;/../b"), "run_id", List.of("1", "2"), "x", List.of("")));
    assertThatThrownBy(() -> Request.query("path=%zz")).isInstanceOf(InvalidInput.class);
  }

  @Test
  void whatIsTooLongIsCutAndTold() {
    var request = of("{}");
    assertThat(request.cut("abcdef", 3, "params[0].value")).isEqualTo("abc");
    assertThat(request.cut()).containsExactly("params[0].value");
  }

  @Test
  void pageTokensLeadOnAndOthersAreRefused() {
    assertThat(PageToken.offset(PageToken.of(1_234))).isEqualTo(1_234);
    assertThat(PageToken.offset(null)).isZero();
    for (var wrong : List.of("x", "eyJvZmZzZXQiOiAtMX0=", "eyJvIjoxfQ=="))
      assertThatThrownBy(() -> PageToken.offset(wrong))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("page token");
  }
}
