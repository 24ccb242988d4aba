package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;

/** How often a step is done. */
sealed interface Strategy {
  /** The most instances of one step. */
  int MOST = 10_000;

  /** The most instances of all steps of a run. */
  int MOST_OF_RUN = 20_000;

  /** What it takes to know how often. */
  default Stream<Expression> expressions() {
    return Stream.of();
  }

  /** Once, as a step that says nothing about it. */
  record Once() implements Strategy {}

  /**
   * One of many.
   *
   * @param of the step that it is an instance of
   * @param values what expressions read of it, by their first word
   * @param isOfMany whether there are so many that it is told of only when it fails
   */
  record Instance(String of, int index, JsonNode values, boolean isOfMany) implements Strategy {}

  /** Many times, each an instance. */
  sealed interface Many extends Strategy {
    YamlNode place();

    Pace pace();
  }

  /** Once for each of a list, which is known when the step becomes ready. */
  sealed interface Each extends Many {

    /** The values of each instance, by the first word of the expressions that read them. */
    List<ObjectNode> instances(Scope scope);

    /** InvalidInput if there are more than may be. */
    default void limit(long count) {
      if (count > MOST)
        throw place().invalid("%,d instances of a step; there may be %,d".formatted(count, MOST));
    }
  }

  /**
   * How instances are worked on.
   *
   * @param parallel how many at once
   * @param failFast whether the others stop when one fails
   */
  record Pace(int parallel, boolean failFast) {
    /** More than a machine has cores, so that some may wait, as for another attempt. */
    static final int PARALLEL = 64;
  }

  /**
   * Every combination of the values of its axes.
   *
   * @param include combinations to add, each a value of every axis
   * @param exclude values of some axes; combinations that have them are left out
   */
  record Matrix(
      YamlNode place,
      SequencedMap<String, Template> axes,
      List<ObjectNode> include,
      List<ObjectNode> exclude,
      Pace pace)
      implements Each {
    static final String WORD = "matrix";

    @Override
    public Stream<Expression> expressions() {
      return axes.values().stream().flatMap(Template::expressions);
    }

    @Override
    public List<ObjectNode> instances(Scope scope) {
      var combinations = new ArrayList<ObjectNode>();
      combinations.add(Json.object());
      for (var axis : axes.entrySet()) {
        var values = list(axis.getValue(), scope, "matrix." + axis.getKey());
        limit((long) combinations.size() * values.size());
        var longer = new ArrayList<ObjectNode>();
        for (var before : combinations)
          for (var value : values)
            longer.add(before.deepCopy().<ObjectNode>set(axis.getKey(), value));
        combinations = longer;
      }
      combinations.removeIf(one -> exclude.stream().anyMatch(some -> has(one, some)));
      for (var one : include) if (!combinations.contains(one)) combinations.add(one);
      limit(combinations.size());
      return combinations.stream().map(one -> Json.object().<ObjectNode>set(WORD, one)).toList();
    }

    private static boolean has(ObjectNode combination, ObjectNode some) {
      return some.properties().stream()
          .allMatch(one -> one.getValue().equals(combination.get(one.getKey())));
    }
  }

  /** Every element of a list. */
  record ForEach(YamlNode place, Template items, Pace pace) implements Each {
    static final String WORD = "each";
    static final String ITEM = "item";
    static final String INDEX = "index";

    @Override
    public Stream<Expression> expressions() {
      return items.expressions();
    }

    @Override
    public List<ObjectNode> instances(Scope scope) {
      var list = list(items, scope, "for-each");
      limit(list.size());
      var instances = new ArrayList<ObjectNode>();
      for (var item : list) {
        var one = Json.object();
        one.putObject(WORD).put(INDEX, instances.size()).set(ITEM, item);
        instances.add(one);
      }
      return instances;
    }
  }

  /**
   * Once for each trial of a search, whose values follow from what came of earlier ones.
   *
   * @param trials how many at most
   * @param parallel how many at once
   * @param objective what is to be greatest, or least
   */
  record Search(
      YamlNode place,
      YamlNode algorithm,
      int trials,
      int parallel,
      YamlNode objective,
      boolean isMaximized,
      long seed,
      SearchSpace space)
      implements Many {
    static final String WORD = "search";

    /** The outputs beside those of the best trial. */
    static final String BEST = "best";

    static final String TRIALS = "trials";

    /** A trial that fails is one without a score. */
    @Override
    public Pace pace() {
      return new Pace(parallel, false);
    }
  }

  private static JsonNode list(Template template, Scope scope, String what) {
    var value = template.evaluate(scope);
    if (!value.isArray())
      throw template.place().invalid("%s: got %s, expected a list".formatted(what, value));
    return value;
  }

  /** The words that expressions of such a step's inputs may begin with, and what follows. */
  default Map<String, List<String>> words() {
    return switch (this) {
      case Once _, Instance _ -> Map.of();
      case Matrix matrix -> Map.of(Matrix.WORD, List.copyOf(matrix.axes().keySet()));
      case Search search -> Map.of(Search.WORD, List.copyOf(search.space().dimensions().keySet()));
      case ForEach _ -> Map.of(ForEach.WORD, List.of(ForEach.ITEM, ForEach.INDEX));
    };
  }
}
