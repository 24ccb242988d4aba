package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Json;
import io.millrace.definitions.YamlNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads what stands under {@code strategy: { search: ... }}: form only. */
final class SearchParser {
  static final Set<String> KEYS =
      Set.of("algorithm", "trials", "parallel", "maximize", "minimize", "space", "seed");
  static final int MOST_TRIALS = 1_000;
  private static final int MOST_PARALLEL = 100;
  private static final long LARGEST = 1L << 53;
  private static final Pattern CALL = Pattern.compile("(int|uniform|loguniform|choice)\\((.*)\\)");
  private static final Pattern OBJECTIVE =
      Pattern.compile("(metrics|outputs)\\.[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private SearchParser() {}

  static Strategy.Search parse(YamlNode node) {
    node.only(new TreeSet<>(KEYS));
    var maximize = node.optional("maximize");
    var minimize = node.optional("minimize");
    if (maximize.isPresent() == minimize.isPresent())
      throw node.invalid(
          "search: expected one of  maximize: metrics.NAME  and  minimize: metrics.NAME");
    var objective = maximize.or(() -> minimize).orElseThrow();
    if (!OBJECTIVE.matcher(objective.text()).matches())
      throw objective.invalid(
          "\"%s\": expected metrics.NAME, which the step measured, or outputs.NAME, a number that it gives"
              .formatted(objective.text()));
    var seed = node.optional("seed").map(YamlNode::integer).orElse(0L);
    var space = node.required("space");
    ProcessParser.few(space, "values");
    var dimensions = new LinkedHashMap<String, SearchSpace.Dimension>();
    space
        .map()
        .forEach((name, value) ->
            dimensions.put(ProcessParser.identifier(space.key(name), "value"), dimension(value)));
    if (dimensions.isEmpty())
      throw space.invalid("space: expected at least one value, as eta: \"uniform(0,1)\"");
    return new Strategy.Search(
        node,
        node.required("algorithm"),
        StrategyParser.whole(node.required("trials"), "trials", MOST_TRIALS),
        node.optional("parallel")
            .map(most -> StrategyParser.whole(most, "parallel", MOST_PARALLEL))
            .orElse(1),
        objective,
        maximize.isPresent(),
        seed,
        new SearchSpace(dimensions));
  }

  private static SearchSpace.Dimension dimension(YamlNode node) {
    var match = CALL.matcher(node.text().strip());
    if (!match.matches()) throw wrong(node);
    var parts = Arrays.stream(match.group(2).split(",")).map(String::strip).toList();
    if (match.group(1).equals("choice")) {
      if (parts.stream().anyMatch(String::isEmpty)) throw wrong(node);
      return new SearchSpace.Choice(parts.stream().map(SearchParser::value).toList());
    }
    if (parts.size() != 2 || !parts.stream().allMatch(part -> NUMBER.matcher(part).matches()))
      throw wrong(node);
    double low = Double.parseDouble(parts.getFirst());
    double high = Double.parseDouble(parts.getLast());
    if (low >= high || Math.max(-low, high) > LARGEST) throw wrong(node);
    if (match.group(1).equals("int")) {
      if (low != Math.rint(low) || high != Math.rint(high)) throw wrong(node);
      return new SearchSpace.Whole((long) low, (long) high);
    }
    boolean isLog = match.group(1).equals("loguniform");
    if (isLog && low <= 0) throw wrong(node);
    return new SearchSpace.Real(low, high, isLog);
  }

  private static JsonNode value(String text) {
    if (NUMBER.matcher(text).matches()) return Json.parse(text);
    if (text.equals("true") || text.equals("false")) return Json.tree(text.equals("true"));
    return TextNode.valueOf(text);
  }

  private static io.millrace.base.InvalidInput wrong(YamlNode node) {
    return node.invalid(
        "got \"%s\", expected int(3,10), uniform(0,1), loguniform(0.01,0.3), the lower end first and above 0 for loguniform, or choice(a,b)"
            .formatted(node.text()));
  }

  /** A value that no expression reads is given to the input of its name. */
  static void inputs(
      Strategy.Search search, Map<String, Template> with, @Nullable Template condition) {
    var read =
        Stream.concat(
                with.values().stream(), condition == null ? Stream.of() : Stream.of(condition))
            .flatMap(Template::expressions)
            .flatMap(expression -> expression.locals().stream())
            .filter(local -> local.word().equals(Strategy.Search.WORD))
            .map(Expression.Local::name)
            .toList();
    var space = search.place().required("space");
    for (var name : List.copyOf(search.space().dimensions().keySet())) {
      if (read.contains(name)) continue;
      var place = space.key(name);
      if (with.containsKey(name))
        throw place.invalid(
            "with gives the input \"%s\" too; remove one, or read this value as ${{ search.%s }}"
                .formatted(name, name));
      with.put(name, new Template.Whole(place, new Expression("search." + name, place)));
    }
  }
}
