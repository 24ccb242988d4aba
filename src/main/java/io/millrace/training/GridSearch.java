package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.pipelines.SearchAlgorithm;
import io.millrace.pipelines.SearchSpace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code grid}: every combination of all whole numbers and choices, and of as many evenly spaced
 * numbers of each other value as the wanted trials allow, at least two. The first value changes
 * slowest.
 */
public final class GridSearch implements SearchAlgorithm {
  @Override
  public String name() {
    return "grid";
  }

  @Override
  public int trials(SearchSpace space, int wanted) {
    long size = 1;
    for (var axis : axes(space, wanted).values()) size = Math.min(wanted, size * axis.size());
    return (int) size;
  }

  @Override
  public Map<String, JsonNode> suggest(
      SearchSpace space, long seed, int index, int wanted, List<Trial> known) {
    var axes = axes(space, wanted);
    var values = new LinkedHashMap<String, JsonNode>();
    long size = 1;
    for (var axis : axes.values()) size *= axis.size();
    long left = index;
    for (var axis : axes.entrySet()) {
      size /= axis.getValue().size();
      values.put(axis.getKey(), axis.getValue().get((int) (left / size)));
      left %= size;
    }
    return values;
  }

  private static Map<String, List<JsonNode>> axes(SearchSpace space, int wanted) {
    double discrete = 1;
    int reals = 0;
    for (var dimension : space.dimensions().values()) {
      switch (dimension) {
        case SearchSpace.Whole(long low, long high) -> discrete *= high - low + 1.0;
        case SearchSpace.Choice(var values) -> discrete *= values.size();
        case SearchSpace.Real _ -> reals++;
      }
    }
    int points =
        reals == 0
            ? 1
            : (int) Math.max(2, Math.floor(Math.pow(wanted / discrete, 1.0 / reals) + 1e-9));
    var axes = new LinkedHashMap<String, List<JsonNode>>();
    space
        .dimensions()
        .forEach((name, dimension) -> axes.put(name, axis(dimension, points, wanted)));
    return axes;
  }

  private static List<JsonNode> axis(SearchSpace.Dimension dimension, int points, int wanted) {
    return switch (dimension) {
      case SearchSpace.Choice(var values) -> values;
      case SearchSpace.Whole(long low, long high) -> {
        var all = new ArrayList<JsonNode>();
        for (long value = low; value <= high && all.size() < wanted; value++)
          all.add(Json.tree(value));
        yield all;
      }
      case SearchSpace.Real(double low, double high, boolean isLog) -> {
        var all = new ArrayList<JsonNode>();
        for (int i = 0; i < points; i++) {
          double share = (double) i / (points - 1);
          all.add(
              Json.tree(isLog ? low * Math.pow(high / low, share) : low + share * (high - low)));
        }
        yield all;
      }
    };
  }
}
