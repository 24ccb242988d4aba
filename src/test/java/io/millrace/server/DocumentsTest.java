package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.millrace.base.Json;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentsTest {
  record Part(int count) {}

  record Body(String model, List<Part> parts) {}

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"modell\":1} | JSON at line 1, column 13: unknown key \"modell\"; did you mean \"model\"?",
        "[1] | JSON at line 1, column 1: the body does not have the form that is needed, expected an object",
        "{\"parts\":[{\"count\":{}}]} | JSON at line 1, column 20: the value of \"parts[0].count\" does not have the form that is needed, expected a whole number",
        "{\"model\":[1 | JSON at line 1, column 10: the value of \"model\" does not have the form that is needed, expected a text",
      })
  void wrongBodiesAreExplainedWithoutOurClasses(String body, String message) {
    var thrown =
        Assertions.catchThrowableOfType(
            JsonProcessingException.class, () -> Json.mapper().readValue(body, Body.class));
    assertThat(Objects.requireNonNull(Documents.wrong(thrown).getMessage())).isEqualTo(message);
  }
}
