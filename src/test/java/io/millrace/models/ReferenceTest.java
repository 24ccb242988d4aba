package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ReferenceTest {
  @Test
  void numbersAndTextsAreCountedWithBinsOnDeciles() {
    var numbers = new double[101];
    var texts = new String[101];
    for (int i = 0; i <= 100; i++) {
      numbers[i] = 100 - i;
      texts[i] = i < 60 ? "male" : i < 100 ? "female" : null;
    }
    numbers[0] = Double.NaN;
    var json = Reference.of(new TreeMap<>(Map.of("n", numbers, "t", texts)), new TreeMap<>());
    var n = json.path("inputs").path("n");
    assertThat(json.path("rows").asInt()).isEqualTo(101);
    assertThat(n.path("missing").asInt()).isEqualTo(1);
    assertThat(n.path("mean").asDouble()).isEqualTo(49.5);
    assertThat(n.path("stddev").asDouble()).isBetween(29.0, 29.1);
    assertThat(n.path("counts")).hasSize(10).allMatch(count -> count.asInt() == 10);
    var t = json.path("inputs").path("t");
    assertThat(t.path("top").toString())
        .isEqualTo("[{\"value\":\"male\",\"rows\":60},{\"value\":\"female\",\"rows\":40}]");
    assertThat(t.path("missing").asInt()).isEqualTo(1);
  }

  @Test
  void aColumnOfOneValueOrOfNoneHasStatisticsToo() {
    var json =
        Reference.of(
            new TreeMap<>(
                Map.of("one", new double[] {3, 3}, "none", new double[] {Double.NaN, Double.NaN})),
            new TreeMap<>());
    assertThat(json.path("inputs").path("one").path("counts").toString()).isEqualTo("[2]");
    assertThat(json.path("inputs").path("none").path("missing").asInt()).isEqualTo(2);
  }
}
