package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code test:} of a pipeline strictly. */
final class TestParser {
  static final int MOST_EXPECTATIONS = 100;
  static final int MOST_SAMPLES = 100;
  static final long MOST_ROWS = 1_000_000;

  private static final Pattern STEP =
      Pattern.compile("(?<![A-Za-z0-9_.])steps\\s*\\.\\s*([A-Za-z_]\\w*)");
  private static final Pattern PARAM =
      Pattern.compile("(?<![A-Za-z0-9_.])params\\s*\\.\\s*([A-Za-z_]\\w*)");

  private TestParser() {}

  static @Nullable TestDefinition parse(
      YamlNode root, Map<String, Param> params, Set<String> steps) {
    var given = root.optional("test");
    if (given.isEmpty()) return null;
    var node = given.get();
    node.only(Set.of("params", "sample", "expect"));
    var values = new TreeMap<String, JsonNode>();
    node.optional("params").ifPresent(n -> params(n, params, values));
    for (var param : params.values())
      if (param.otherwise() == null && !values.containsKey(param.name()))
        throw node.invalid(
            "parameter \"%s\" (%s) has no default; give it, as  params: { %s: ... }"
                .formatted(param.name(), param.type().text(), param.name()));
    var samples = new TreeMap<String, TestDefinition.Drawn>();
    node.optional("sample")
        .ifPresent(n -> n.map().forEach((dataset, sample) -> samples.put(dataset, sample(sample))));
    if (samples.size() > MOST_SAMPLES)
      throw node.invalid(
          "%d samples; a test has at most %d".formatted(samples.size(), MOST_SAMPLES));
    var expect = node.required("expect");
    var expectations = new ArrayList<TestDefinition.Expectation>();
    for (var one : expect.list()) expectations.add(expectation(one, params.keySet(), steps));
    if (expectations.isEmpty() || expectations.size() > MOST_EXPECTATIONS)
      throw expect.invalid(
          "%d expectations; a test has 1 to %d".formatted(expectations.size(), MOST_EXPECTATIONS));
    return new TestDefinition(values, samples, List.copyOf(expectations));
  }

  private static void params(YamlNode node, Map<String, Param> params, Map<String, JsonNode> into) {
    node.map()
        .forEach((name, value) -> {
          var param = params.get(name);
          if (param == null)
            throw node.key(name)
                .invalid(
                    "the pipeline has no parameter \"%s\"%s"
                        .formatted(name, Names.suggestion(name, params.keySet())));
          try {
            into.put(name, param.type().read(name, value.json()));
          } catch (InvalidInput e) {
            throw value.invalid(String.valueOf(e.getMessage()));
          }
        });
  }

  private static TestDefinition.Drawn sample(YamlNode node) {
    node.only(Set.of("rows", "fraction", "file"));
    if (node.map().size() != 1)
      throw node.invalid("expected one of { rows: 1000 }, { fraction: 0.1 } and { file: PATH }");
    var entry = node.map().entrySet().iterator().next();
    var value = entry.getValue();
    switch (entry.getKey()) {
      case "rows" -> {
        if (value.integer() < 1 || value.integer() > MOST_ROWS)
          throw value.invalid(
              "rows: got %d, expected 1 to %,d".formatted(value.integer(), MOST_ROWS));
      }
      case "fraction" -> {
        if (!(value.number() > 0 && value.number() < 1))
          throw value.invalid(
              "fraction: got %s, expected a share between 0 and 1".formatted(value.json()));
      }
      default -> {
        if (value.text().isBlank()) throw value.invalid("file is empty; name one of the project");
      }
    }
    return new TestDefinition.Drawn(node, entry.getKey(), value.json());
  }

  private static TestDefinition.Expectation expectation(
      YamlNode node, Set<String> params, Set<String> steps) {
    var source = node.text().strip();
    try {
      Cel.check(source, Set.of("params", "steps"));
    } catch (InvalidInput e) {
      throw node.invalid(String.join(" ", String.valueOf(e.getMessage()).lines().toList()));
    }
    var bare = Expression.LITERAL.matcher(source).replaceAll("\"\"");
    known(node, bare, STEP, "step", steps);
    known(node, bare, PARAM, "parameter", params);
    return new TestDefinition.Expectation(node, source);
  }

  private static void known(
      YamlNode node, String bare, Pattern pattern, String what, Set<String> known) {
    var match = pattern.matcher(bare);
    while (match.find())
      if (!known.contains(match.group(1)))
        throw node.invalid(
            "the pipeline has no %s \"%s\"%s"
                .formatted(what, match.group(1), Names.suggestion(match.group(1), known)));
  }
}
