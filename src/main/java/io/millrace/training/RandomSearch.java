package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.pipelines.SearchAlgorithm;
import io.millrace.pipelines.SearchSpace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** {@code random}: draws each value by itself, whatever came of others. */
public final class RandomSearch implements SearchAlgorithm {
  @Override
  public String name() {
    return "random";
  }

  @Override
  public Map<String, JsonNode> suggest(
      SearchSpace space, long seed, int index, int wanted, List<Trial> known) {
    return draw(space, generator(seed, index));
  }

  /** One for each trial, so that a draw does not depend on how many came before. */
  static SplittableRandom generator(long seed, int index) {
    return new SplittableRandom(
        new SplittableRandom(seed).nextLong() + 0x9E3779B97F4A7C15L * index);
  }

  static Map<String, JsonNode> draw(SearchSpace space, SplittableRandom random) {
    var values = new LinkedHashMap<String, JsonNode>();
    space.dimensions().forEach((name, dimension) -> values.put(name, draw(dimension, random)));
    return values;
  }

  private static JsonNode draw(SearchSpace.Dimension dimension, SplittableRandom random) {
    return switch (dimension) {
      case SearchSpace.Whole(long low, long high) ->
          Json.tree(low + random.nextLong(high - low + 1));
      case SearchSpace.Real(double low, double high, boolean isLog) ->
          Json.tree(
              isLog
                  ? Math.exp(Math.log(low) + random.nextDouble() * (Math.log(high) - Math.log(low)))
                  : low + random.nextDouble() * (high - low));
      case SearchSpace.Choice(var values) -> values.get(random.nextInt(values.size()));
    };
  }
}
