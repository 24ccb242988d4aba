package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CelTest {
  @Test
  void aLongExpressionIsNotRepeatedWhole() {
    var expression = "params.x + ".repeat(1_000) + "(";
    assertThatThrownBy(() -> Cel.check(expression, List.of("params")))
        .isInstanceOf(InvalidInput.class)
        .satisfies(
            e -> org.assertj.core.api.Assertions.assertThat(e.getMessage()).hasSizeLessThan(1_000))
        .hasMessageContaining("...");
  }
}
