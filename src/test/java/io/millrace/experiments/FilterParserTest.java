package io.millrace.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class FilterParserTest {
  private static final String[] WORDS = {
    "metrics.auc",
    "params.`a b`",
    "tags.\"x\"",
    "and",
    "AND",
    "not",
    "in",
    "is",
    "null",
    "like",
    "=",
    "!=",
    ">",
    "<=",
    "'x'",
    "\"y\"",
    "1",
    "-2.5e3",
    ".05",
    "(",
    ")",
    ",",
    "`",
    "'",
    ".",
    ";",
    "or",
    "ü",
    "%"
  };

  /** Any text is read or refused in words; nothing else is thrown. */
  @Test
  void anyTextIsReadOrRefusedWithItsPlace() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    int read = 0;
    for (int round = 0; round < 50_000; round++) {
      var text =
          random
              .ints(1 + random.nextInt(9), 0, WORDS.length)
              .mapToObj(i -> WORDS[i])
              .collect(Collectors.joining(random.nextBoolean() ? " " : ""));
      try {
        FilterParser.parse(text);
        read++;
      } catch (InvalidInput e) {
        assertThat(e.getMessage()).as("seed %d: %s", seed, text).contains("position");
      }
    }
    assertThat(read).as("seed %d", seed).isPositive();
  }

  @Test
  void fieldsAreReadWithTheirTypesAndQuotes() {
    assertThat(
            FilterParser.parse(
                "tags.mlflow.runName = 'x' AND params.`a.b c` = \"y\" and name ILIKE 'z'"))
        .extracting(c -> c.field().toString())
        .containsExactly("tags.mlflow.runName", "params.a.b c", "name");
    assertThat(FilterParser.parse("run_id NOT IN ('a', \"b\",)").getFirst().value())
        .isEqualTo(new Comparison.Value.Texts(List.of("a", "b")));
  }

  @Test
  void tooMuchIsRefused() {
    assertThatThrownBy(() -> FilterParser.parse("a = 'x' and ".repeat(101)))
        .hasMessageContaining("100 comparisons");
    assertThatThrownBy(() -> FilterParser.parse("a".repeat(20_001))).hasMessageContaining("20,000");
    assertThatThrownBy(() -> FilterParser.parse("run_id IN (" + "'a',".repeat(1_001) + "'b')"))
        .hasMessageContaining("1,000 values");
  }
}
