package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class FieldsTest {
  private static void assertRefused(ThrowingCallable work, String message) {
    assertThatThrownBy(work).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  @Test
  void whatIsDueIsRead() {
    var body =
        Fields.object(
            Json.parse("{\"sql\": \"select 1\", \"datasets\": [\"a\"], \"limit\": 5}"),
            List.of("sql", "datasets", "limit", "values"));
    assertThat(Fields.text(body, "sql")).isEqualTo("select 1");
    assertThat(Fields.texts(body, "datasets")).containsExactly("a");
    assertThat(Fields.whole(body, "limit", 100)).isEqualTo(5);
    assertThat(Fields.entries(body, "values")).isEmpty();
    assertThat(Fields.number("depth", null, 10, 0, 100)).isEqualTo(10);
    assertThat(Fields.number("depth", "7", 10, 0, 100)).isEqualTo(7);
  }

  @Test
  void anyOtherIsRefusedByName() {
    var body =
        Json.parse(
            "{\"sql\": 5, \"datasets\": 5, \"limit\": \"x\", \"values\": [1], \"names\": [1]}");
    assertRefused(() -> Fields.text(body, "sql"), "sql: got 5, expected a text");
    assertRefused(() -> Fields.text(body, "other"), "\"other\" is missing, expected a text");
    assertRefused(
        () -> Fields.texts(body, "datasets"), "datasets: got 5, expected a list of texts");
    assertRefused(() -> Fields.texts(body, "names"), "names: got 1, expected texts in this list");
    assertRefused(
        () -> Fields.whole(body, "limit", 1), "limit: got \"x\", expected a whole number");
    assertRefused(() -> Fields.entries(body, "values"), "values: got [1], expected an object");
    assertRefused(
        () -> Fields.object(Json.parse("null"), List.of("sql")),
        "the body is empty; expected a JSON object with sql");
    assertRefused(
        () -> Fields.number("depth", "x", 10, 0, 100),
        "depth: got \"x\", expected a whole number from 0 to 100");
    assertRefused(
        () -> Fields.number("limit", "-1", 10, 1, 100),
        "limit: got \"-1\", expected a whole number from 1 to 100");
  }
}
