package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"b\":1,\"a\":{\"d\":2,\"c\":3}}|{\"a\":{\"c\":3,\"d\":2},\"b\":1}",
        "[1.0, 2.50, 1e3]|[1,2.5,1000]",
        "{\"x\" : null}|{\"x\":null}"
      })
  void canonicalFormHasOneSpelling(String text, String canonical) {
    assertThat(Json.canonical(Json.parse(text))).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{} {}", "{\"a\":NaN}", "{", "{'a':1}"})
  void whatIsNoJsonIsRefused(String text) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("JSON");
  }

  @Test
  void aFaultIsToldWithoutTheParsersSettings() {
    for (var text :
        java.util.List.of(
            "{\"a\": NaN}", "{\"a\": 1, \"a\": 2}", "{} {}", "[".repeat(1_001), "9".repeat(1_001)))
      assertThatThrownBy(() -> Json.parse(text))
          .isInstanceOf(InvalidInput.class)
          .message()
          .doesNotContain("Feature", "Constraints", "Jackson", "Node", "`");
  }

  @Test
  void keysAreSnakeCase() {
    record Answer(int rowsFound) {}
    assertThat(Json.write(new Answer(3))).isEqualTo("{\"rows_found\":3}");
  }

  @Test
  void nearestNameIsSuggested() {
    assertThat(Names.suggestion("datsets", List.of("datasets", "steps")))
        .isEqualTo("; did you mean \"datasets\"?");
  }
}
