package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Two models on identical rows: for each metric their difference, its interval, and the p value of
 * there being none. Each sample of the bootstrap is given to both models (a paired test), so that
 * what is hard in the rows cancels out.
 */
final class Comparison {
  private final Judge judge;
  private final int resamples;
  private final long seed;

  Comparison(Judge judge, int resamples, long seed) {
    this.judge = judge;
    this.resamples = resamples;
    this.seed = seed;
  }

  /** {metric: {difference, low, high, p_value}}, the difference being one minus other. */
  ObjectNode json(Scores one, Scores other) {
    var left = judge.statistics(one);
    var right = judge.statistics(other);
    var names = List.copyOf(left.keySet());
    var differences = new ArrayList<Statistic>();
    left.forEach((name, statistic) -> {
      var opposite = right.get(name);
      if (opposite == null) throw new IllegalStateException("no statistic " + name);
      differences.add(weights -> statistic.of(weights) - opposite.of(weights));
    });
    var distributions = new Bootstrap(judge.rows(), resamples, seed).distributions(differences);
    var once = new int[judge.rows()];
    Arrays.fill(once, 1);
    var json = Json.object();
    for (int k = 0; k < names.size(); k++) {
      var interval = Bootstrap.interval(distributions[k]);
      var entry = json.putObject(names.get(k));
      Judge.put(entry, "difference", differences.get(k).of(once));
      Judge.put(entry, "low", interval.low());
      Judge.put(entry, "high", interval.high());
      Judge.put(entry, "p_value", Bootstrap.pValue(distributions[k]));
    }
    return json;
  }
}
