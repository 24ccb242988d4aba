package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
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
 * @param uses what stands under {@code uses}, or the command under {@code run}
 * @param process how the command runs, or null for a step that uses a component
 * @param with the inputs, and each variable under {@code env} by ENV and its name
 * @param strategy how often it is done
 * @param after the steps named under {@code needs}, each with its place
 */
record StepDefinition(
    String id,
    YamlNode place,
    YamlNode uses,
    @Nullable ProcessDefinition process,
    Map<String, Template> with,
    @Nullable Template condition,
    Strategy strategy,
    SequencedMap<String, YamlNode> after,
    Handling handling) {
  /** What stands before the name of a variable; no input's name begins so. */
  static final String ENV = "env.";

  /**
   * How a step is carried out, which changes nothing of what it gives and is not in its key.
   *
   * @param timeout of one attempt
   * @param turn when in the run
   */
  record Handling(@Nullable Duration timeout, boolean cached, Retry retry, Turn turn) {}

  StepDefinition {
    with = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(with));
    after = new LinkedHashMap<>(after);
  }

  @Nullable Duration timeout() {
    return handling.timeout();
  }

  /** Whether it may be taken from the cache. */
  boolean cached() {
    return handling.cached();
  }

  /** What it does, for people: the component's name, or the first line of the command. */
  String component() {
    if (approval().isPresent()) return ApprovalDefinition.KEY;
    if (process == null) return uses.text();
    var lines = process.command().strip().lines().toList();
    return "run: " + lines.getFirst() + (lines.size() > 1 ? " ..." : "");
  }

  Retry retry() {
    return handling.retry();
  }

  /** What is special of it where it waits for a decision; {@code uses} is the question then. */
  Optional<ApprovalDefinition> approval() {
    return place.optional(ApprovalDefinition.KEY).map(ApprovalDefinition::parse);
  }

  Turn turn() {
    return handling.turn();
  }

  Stream<Expression> expressions() {
    return Stream.concat(
        Stream.concat(with.values().stream(), Optional.ofNullable(condition).stream())
            .flatMap(Template::expressions),
        strategy.expressions());
  }

  /**
   * One of its instances.
   *
   * @param values what expressions read of it
   * @param count of how many
   */
  StepDefinition instance(int index, JsonNode values, int count) {
    return new StepDefinition(
        Instances.name(id, index),
        place,
        uses,
        process,
        with,
        condition,
        new Strategy.Instance(id, index, values, count > Instances.FEW),
        after,
        handling);
  }

  /** Whether its condition is that of each instance, and not of them all. */
  boolean isJudgedByInstance() {
    return condition != null && condition.expressions().anyMatch(e -> !e.locals().isEmpty());
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
