package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A step as its file says.
 *
 * @param after the steps named under {@code needs}, each with its place
 */
record StepDefinition(
    String id,
    YamlNode place,
    YamlNode uses,
    Map<String, Template> with,
    @Nullable Template condition,
    SequencedMap<String, YamlNode> after,
    Handling handling) {
  /**
   * How a step is carried out, which changes nothing of what it gives and is not in its key.
   *
   * @param timeout of one attempt
   */
  record Handling(@Nullable Duration timeout, Retry retry) {}

  StepDefinition {
    with = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(with));
    after = new LinkedHashMap<>(after);
  }

  @Nullable Duration timeout() {
    return handling.timeout();
  }

  Retry retry() {
    return handling.retry();
  }

  Stream<Expression> expressions() {
    return Stream.concat(with.values().stream(), Optional.ofNullable(condition).stream())
        .flatMap(Template::expressions);
  }

  /**
   * Every step that must have ended before: those named, and those referred to. Each with the place
   * of the first mention.
   */
  SequencedMap<String, YamlNode> needs() {
    var needs = new LinkedHashMap<>(after);
    expressions().forEach(e -> e.references().forEach(r -> needs.putIfAbsent(r.step(), e.place())));
    return needs;
  }
}
