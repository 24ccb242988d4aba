package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The trials of one search and what came of them. The values of trial i follow from the seed and
 * from the trials up to i - parallel alone, which have all ended by then: whichever of the others
 * ends first, the same values are tried, and a repeated search is found in the cache. Thread-safe.
 */
final class Trials {
  /** In the summary of a search, the index of its best trial. */
  static final String BEST_TRIAL = "best_trial";

  private final Strategy.Search search;
  private final SearchAlgorithm algorithm;
  private final Objective objective;
  private final Map<Integer, JsonNode> values = new HashMap<>();
  private final Map<Integer, Double> scores = new HashMap<>();

  Trials(Artifacts artifacts, Strategy.Search search, SearchAlgorithm algorithm) {
    this.search = search;
    this.algorithm = algorithm;
    this.objective = new Objective(artifacts, search);
  }

  int count() {
    return algorithm.trials(search.space(), search.trials());
  }

  /** How many trials must have ended before the values of this one are known. */
  int needed(int index) {
    return Math.max(0, index - search.parallel() + 1);
  }

  /** The values of a trial, by the word that reads them. */
  synchronized ObjectNode suggest(int index) {
    var known = new ArrayList<SearchAlgorithm.Trial>();
    for (int i = 0; i < needed(index); i++)
      known.add(new SearchAlgorithm.Trial(of(i), scores.get(i)));
    var suggested = algorithm.suggest(search.space(), search.seed(), index, search.trials(), known);
    var given = Json.object();
    suggested.forEach(given.putObject(Strategy.Search.WORD)::set);
    tries(index, given);
    return given;
  }

  /** Notes the values that a trial is done for. */
  synchronized void tries(int index, JsonNode given) {
    values.put(index, given.path(Strategy.Search.WORD));
  }

  private Map<String, JsonNode> of(int index) {
    var all = new HashMap<String, JsonNode>();
    values
        .getOrDefault(index, Json.object())
        .properties()
        .forEach(e -> all.put(e.getKey(), e.getValue()));
    return all;
  }

  /** Notes what came of a trial that ended well. */
  synchronized void gave(int index, String name, Outputs outputs, @Nullable JsonNode summary) {
    scores.put(index, objective.score(name, outputs, summary));
  }

  /** The first of those with the greatest score, or -1 if none has one. */
  synchronized int best() {
    int best = -1;
    for (int i = 0; i < count(); i++) {
      var score = scores.get(i);
      if (score != null && (best < 0 || score > scores.getOrDefault(best, score))) best = i;
    }
    return best;
  }

  /** What the step gives: what the best trial gave, its values, and how many were tried. */
  synchronized Outputs outputs(List<Outputs> each) {
    int best = best();
    var gave = each.get(best);
    var all = new HashMap<String, JsonNode>();
    all.put(Strategy.Search.BEST, values.getOrDefault(best, Json.object()));
    all.put(Strategy.Search.TRIALS, Json.tree(each.size()));
    all.putAll(gave.values());
    return new Outputs(gave.artifacts(), all, each);
  }

  /** For people. */
  synchronized JsonNode summary() {
    int best = best();
    double score = scores.getOrDefault(best, 0.0);
    var facts = Json.object().put(BEST_TRIAL, best);
    facts.put(search.objective().text(), search.isMaximized() ? score : -score);
    values
        .getOrDefault(best, Json.object())
        .properties()
        .forEach(e -> facts.set(e.getKey(), e.getValue()));
    return facts;
  }
}
