package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.pipelines.SearchAlgorithm;
import io.millrace.pipelines.SearchSpace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TreeParzenTest {
  private static final SearchSpace SPACE = space();

  private static SearchSpace space() {
    var dimensions = new LinkedHashMap<String, SearchSpace.Dimension>();
    dimensions.put("x", new SearchSpace.Real(0, 1, false));
    dimensions.put("eta", new SearchSpace.Real(0.0001, 1, true));
    dimensions.put("depth", new SearchSpace.Whole(1, 20));
    dimensions.put(
        "kind", new SearchSpace.Choice(List.of(TextNode.valueOf("a"), TextNode.valueOf("b"))));
    return new SearchSpace(dimensions);
  }

  /** At most 0, at x 0.7, eta 0.01, depth 6, kind b. */
  private static double known(Map<String, JsonNode> values) {
    double x = values.get("x").doubleValue() - 0.7;
    double eta = (Math.log10(values.get("eta").doubleValue()) + 2) / 4;
    double depth = (values.get("depth").doubleValue() - 6) / 20;
    double kind = values.get("kind").textValue().equals("b") ? 0 : 0.2;
    return -(x * x + eta * eta + depth * depth + kind);
  }

  private static double best(SearchAlgorithm algorithm, long seed, int trials) {
    var known = new ArrayList<SearchAlgorithm.Trial>();
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < trials; i++) {
      var values = algorithm.suggest(SPACE, seed, i, trials, known);
      double score = known(values);
      best = Math.max(best, score);
      known.add(new SearchAlgorithm.Trial(values, score));
    }
    return best;
  }

  @Test
  void itFindsBetterValuesThanRandomDraws() {
    int wins = 0;
    double ofTpe = 0;
    double ofRandom = 0;
    for (long seed = 1; seed <= 40; seed++) {
      double tpe = best(new TreeParzen(), seed, 60);
      double random = best(new RandomSearch(), seed, 60);
      if (tpe > random) wins++;
      ofTpe += tpe;
      ofRandom += random;
    }
    assertThat(wins).as("of seeds 1 to 40").isGreaterThanOrEqualTo(30);
    assertThat(ofTpe).as("the sum of regrets, seeds 1 to 40").isGreaterThan(ofRandom / 2);
  }

  @Test
  void equalArgumentsGiveEqualValuesWithinTheSpace() {
    for (long seed = 1; seed <= 20; seed++) {
      var known = new ArrayList<SearchAlgorithm.Trial>();
      for (int i = 0; i < 40; i++) {
        var values = new TreeParzen().suggest(SPACE, seed, i, 40, known);
        assertThat(new TreeParzen().suggest(SPACE, seed, i, 40, known))
            .as("seed %d", seed)
            .isEqualTo(values);
        assertThat(values.get("x").doubleValue()).as("seed %d", seed).isBetween(0.0, 1.0);
        assertThat(values.get("eta").doubleValue()).as("seed %d", seed).isBetween(0.0001, 1.0);
        assertThat(values.get("depth").longValue()).as("seed %d", seed).isBetween(1L, 20L);
        known.add(new SearchAlgorithm.Trial(values, i % 7 == 0 ? null : known(values)));
      }
    }
  }

  @Test
  void aGridTriesEachCombinationOnce() {
    var grid = new GridSearch();
    var dimensions = new LinkedHashMap<String, SearchSpace.Dimension>();
    dimensions.put("depth", new SearchSpace.Whole(3, 5));
    dimensions.put("eta", new SearchSpace.Real(0.01, 1, true));
    var space = new SearchSpace(dimensions);
    assertThat(grid.trials(space, 10)).isEqualTo(9);
    var seen = new HashSet<String>();
    for (int i = 0; i < 9; i++) seen.add(grid.suggest(space, 0, i, 10, List.of()).toString());
    assertThat(seen).hasSize(9);
    assertThat(grid.suggest(space, 0, 0, 10, List.of()).get("depth").asInt()).isEqualTo(3);
    assertThat(grid.suggest(space, 0, 1, 10, List.of()).get("eta").asDouble())
        .isCloseTo(0.1, org.assertj.core.data.Offset.offset(1e-12));
  }
}
