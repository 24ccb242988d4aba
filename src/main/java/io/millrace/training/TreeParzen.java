package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.pipelines.SearchAlgorithm;
import io.millrace.pipelines.SearchSpace;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * {@code tpe}: the tree-structured Parzen estimator of Bergstra, Bardenet, Bengio and Kegl
 * (Algorithms for Hyper-Parameter Optimization, 2011), each value by itself.
 *
 * <p>The first trials are drawn at random. From then on the trials are split into the better 15 %
 * and the rest. Of each value, l is a density over the better ones and g one over the others;
 * candidates are drawn from l, and the one with the greatest l/g is taken, which is the one of
 * greatest expected improvement.
 *
 * <p>A density over numbers is an even mixture of one Gaussian at each observation and one at the
 * middle of the range as wide as the range, all cut at its ends. An observation's Gaussian is as
 * wide as the greater distance to its neighbours, within bounds that shrink as observations grow.
 * Of choices it is the count of each, one added to all.
 */
public final class TreeParzen implements SearchAlgorithm {
  private static final int AT_RANDOM = 10;
  private static final int CANDIDATES = 24;
  private static final double SHARE = 0.15;
  private static final int MOST_BETTER = 25;

  @Override
  public String name() {
    return "tpe";
  }

  @Override
  public Map<String, JsonNode> suggest(
      SearchSpace space, long seed, int index, int wanted, List<Trial> known) {
    var random = RandomSearch.generator(seed, index);
    var scored =
        known.stream()
            .filter(trial -> trial.score() != null && Double.isFinite(trial.score()))
            .sorted(Comparator.comparingDouble(TreeParzen::score).reversed())
            .toList();
    if (scored.size() < AT_RANDOM) return RandomSearch.draw(space, random);
    int better = Math.min(MOST_BETTER, (int) Math.ceil(SHARE * scored.size()));
    var values = new LinkedHashMap<String, JsonNode>();
    space
        .dimensions()
        .forEach((name, dimension) -> {
          var best = scored.subList(0, better).stream().map(t -> value(t, name)).toList();
          var rest =
              scored.subList(better, scored.size()).stream().map(t -> value(t, name)).toList();
          values.put(name, suggest(dimension, best, rest, random));
        });
    return values;
  }

  private static double score(Trial trial) {
    return trial.score() == null ? Double.NEGATIVE_INFINITY : trial.score();
  }

  private static JsonNode value(Trial trial, String name) {
    var value = trial.values().get(name);
    if (value == null) throw new IllegalArgumentException("a trial without " + name);
    return value;
  }

  private static JsonNode suggest(
      SearchSpace.Dimension dimension,
      List<JsonNode> better,
      List<JsonNode> rest,
      SplittableRandom random) {
    return switch (dimension) {
      case SearchSpace.Choice(var values) -> choose(values, better, rest, random);
      case SearchSpace.Real(double low, double high, boolean isLog) -> {
        if (!isLog) yield Json.tree(best(low, high, numbers(better), numbers(rest), random));
        double found = best(Math.log(low), Math.log(high), logs(better), logs(rest), random);
        yield Json.tree(Math.clamp(Math.exp(found), low, high));
      }
      case SearchSpace.Whole(long low, long high) -> {
        // Half a step beyond each end, so that the ends are as likely as the others.
        double found = best(low - 0.5, high + 0.5, numbers(better), numbers(rest), random);
        yield Json.tree(Math.clamp(Math.round(found), low, high));
      }
    };
  }

  private static double[] numbers(List<JsonNode> values) {
    return values.stream().mapToDouble(JsonNode::doubleValue).toArray();
  }

  private static double[] logs(List<JsonNode> values) {
    return values.stream().mapToDouble(value -> Math.log(value.doubleValue())).toArray();
  }

  private static double best(
      double low, double high, double[] better, double[] rest, SplittableRandom random) {
    var l = new ParzenDensity(low, high, better);
    var g = new ParzenDensity(low, high, rest);
    double best = low;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < CANDIDATES; i++) {
      double candidate = l.draw(random);
      double gain = l.logDensity(candidate) - g.logDensity(candidate);
      if (gain > most) {
        most = gain;
        best = candidate;
      }
    }
    return best;
  }

  private static JsonNode choose(
      List<JsonNode> values, List<JsonNode> better, List<JsonNode> rest, SplittableRandom random) {
    var l = shares(values, better);
    var g = shares(values, rest);
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < CANDIDATES; i++) {
      int candidate = draw(l, random);
      double gain = Math.log(l[candidate]) - Math.log(g[candidate]);
      if (gain > most) {
        most = gain;
        best = candidate;
      }
    }
    return values.get(best);
  }

  private static double[] shares(List<JsonNode> values, List<JsonNode> seen) {
    var shares = new double[values.size()];
    for (int i = 0; i < shares.length; i++) {
      var value = values.get(i);
      shares[i] =
          (1.0 + seen.stream().filter(value::equals).count()) / (values.size() + seen.size());
    }
    return shares;
  }

  private static int draw(double[] shares, SplittableRandom random) {
    double left = random.nextDouble();
    for (int i = 0; i < shares.length - 1; i++) {
      left -= shares[i];
      if (left < 0) return i;
    }
    return shares.length - 1;
  }
}
