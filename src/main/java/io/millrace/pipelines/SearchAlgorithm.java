package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says which values a search tries next. Holds no state and may be called by several threads. */
public interface SearchAlgorithm {
  /**
   * What was tried.
   *
   * @param score what came of it, the greater the better; null where it failed or was skipped
   */
  record Trial(Map<String, JsonNode> values, @Nullable Double score) {}

  /** As written after {@code algorithm:}. */
  String name();

  /** How many trials there are where so many are wanted: fewer where the space has fewer. */
  default int trials(SearchSpace space, int wanted) {
    return wanted;
  }

  /**
   * The values of a trial: of equal arguments the same, so that a repeated search is found in the
   * cache.
   *
   * @param index of the trial, from 0
   * @param wanted how many trials are wanted in all
   * @param known the first trials, in their order; of as many as have ended
   */
  Map<String, JsonNode> suggest(
      SearchSpace space, long seed, int index, int wanted, List<Trial> known);
}
