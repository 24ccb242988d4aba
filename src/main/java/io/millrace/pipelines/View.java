package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the names in an expression stand for where its file is used by another: it is evaluated as
 * it is written, on values that are found by this.
 *
 * @param steps the names in the run of the steps that it reads, by those that it knows them by
 * @param params what stands for parameters; null where they are the run's own
 * @param inputs what stands for inputs
 * @param outputs what stands for outputs of steps that use a pipeline, by step and output
 */
record View(
    Map<String, String> steps,
    @Nullable Map<String, Template> params,
    Map<String, Template> inputs,
    Map<String, Map<String, Template>> outputs) {

  /** Whether everything stands for itself. */
  boolean isPlain() {
    return params == null
        && inputs.isEmpty()
        && outputs.isEmpty()
        && steps.entrySet().stream().allMatch(e -> e.getKey().equals(e.getValue()));
  }

  /** All that stands for something. */
  Stream<Expression> expressions() {
    return Stream.of(
            params == null ? Stream.<Template>of() : params.values().stream(),
            inputs.values().stream(),
            outputs.values().stream().flatMap(all -> all.values().stream()))
        .flatMap(all -> all)
        .flatMap(Template::expressions);
  }

  /** What stands for that output, or null. */
  @Nullable Template output(String step, String name) {
    return outputs.getOrDefault(step, Map.of()).get(name);
  }

  /** The steps that it reads, by the names that it knows. */
  Set<String> read() {
    var all = new HashSet<>(steps.keySet());
    all.addAll(outputs.keySet());
    return all;
  }

  /** What it may read, by the names that it knows. */
  Scope of(Scope scope) {
    var values = new HashMap<>(scope.params());
    if (params != null) {
      values.clear();
      params.forEach((name, stands) -> values.put(name, stands.evaluate(scope)));
    }
    var gave = new HashMap<String, Outputs>();
    steps.forEach((name, real) -> {
      var outputs = scope.steps().get(real);
      if (outputs != null) gave.put(name, outputs);
    });
    outputs.forEach((step, all) -> {
      var read = new HashMap<String, JsonNode>();
      all.forEach((name, stands) -> {
        var value = value(stands, scope);
        if (value != null) read.put(name, value);
      });
      gave.put(step, new Outputs(Map.of(), read));
    });
    return new Scope(values, gave, scope.run(), scope.instance());
  }

  /** Null where a step gave no such output, so that has(...) can ask for it. */
  private static @Nullable JsonNode value(Template stands, Scope scope) {
    if (stands instanceof Template.Whole(var _, var expression)
        && expression.wholeReference().isPresent()
        && expression.wholeReference().get().pick() == null)
      return scope.value(expression.wholeReference().get());
    return stands.evaluate(scope);
  }

  /** What it says, for comparing. */
  String says() {
    var all = new TreeMap<String, String>();
    if (params != null) params.forEach((name, stands) -> all.put("params." + name, says(stands)));
    inputs.forEach((name, stands) -> all.put("inputs." + name, says(stands)));
    outputs.forEach((step, of) ->
        of.forEach((name, stands) -> all.put("steps." + step + "." + name, says(stands))));
    steps.forEach((name, real) -> all.put("steps." + name, real));
    return all.toString();
  }

  /** What a value says, with all that stands in for names of it. */
  static String says(Template template) {
    return switch (template) {
      case Template.Literal literal -> literal.value().toString();
      case Template.Whole whole -> "${{" + whole.expression().says() + "}}";
      case Template.Mixed mixed -> "text" + mixed.parts().stream().map(View::says).toList();
      case Template.Items items -> items.items().stream().map(View::says).toList().toString();
      case Template.Entries entries -> {
        var all = new TreeMap<String, String>();
        entries.values().forEach((key, value) -> all.put(key, says(value)));
        yield all.toString();
      }
    };
  }
}
