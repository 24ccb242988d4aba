package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads {@code on:} of a pipeline strictly. */
final class TriggerParser {
  static final int MOST_TRIGGERS = 50;
  static final Duration LONGEST_DEBOUNCE = Duration.ofDays(30);
  private static final Set<String> KINDS =
      Set.of("schedule", "dataset", "pipeline", "model", "push", "alert", "drift");
  private static final int MOST_PATHS = 100;
  private static final int LONGEST_GLOB = 200;
  private static final Pattern LENGTH = Pattern.compile("([1-9][0-9]{0,8})(s|m|h|d)");

  private final String pipeline;
  private final Map<String, Param> params;

  private TriggerParser(String pipeline, Map<String, Param> params) {
    this.pipeline = pipeline;
    this.params = params;
  }

  static List<Trigger> parse(YamlNode root, String pipeline, Map<String, Param> params) {
    var on = root.optional("on");
    if (on.isEmpty()) return List.of();
    return new TriggerParser(pipeline, params).triggers(on.get());
  }

  private List<Trigger> triggers(YamlNode on) {
    on.only(KINDS);
    var triggers = new ArrayList<Trigger>();
    var seen = new TreeSet<String>();
    for (var kind : on.map().entrySet()) {
      for (var entry : kind.getValue().list()) {
        var trigger = trigger(kind.getKey(), entry);
        if (!seen.add(trigger.text()))
          throw entry.invalid("the trigger \"%s\" stands here already".formatted(trigger.text()));
        with(entry, trigger);
        triggers.add(trigger);
      }
    }
    if (triggers.size() > MOST_TRIGGERS)
      throw on.invalid(
          "%d triggers; a pipeline has at most %d".formatted(triggers.size(), MOST_TRIGGERS));
    return List.copyOf(triggers);
  }

  private Trigger trigger(String kind, YamlNode entry) {
    return switch (kind) {
      case "schedule" -> schedule(entry);
      case "dataset" -> dataset(entry);
      case "pipeline" -> pipeline(entry);
      case "model" -> model(entry);
      case "push" -> push(entry);
      default -> alert(entry);
    };
  }

  private Trigger schedule(YamlNode node) {
    only(node, "cron", "timezone", "missed");
    var cron = node.required("cron");
    var zone = node.optional("timezone").map(TriggerParser::zone).orElse(ZoneOffset.UTC);
    try {
      Cron.of(cron.text(), zone);
    } catch (InvalidInput e) {
      throw cron.invalid(String.valueOf(e.getMessage()));
    }
    var missed =
        node.optional("missed")
            .map(given -> one(given, Trigger.Missed.values()))
            .orElse(Trigger.Missed.LAST);
    return new Trigger.Schedule(cron.text(), zone, missed, given(node));
  }

  private static ZoneId zone(YamlNode node) {
    try {
      return ZoneId.of(node.text());
    } catch (DateTimeException e) {
      throw node.invalid(
          "timezone \"%s\" is not known%s"
              .formatted(
                  node.text(),
                  Names.suggestion(node.text(), new TreeSet<>(ZoneId.getAvailableZoneIds()))));
    }
  }

  private Trigger dataset(YamlNode node) {
    only(node, "name", "debounce", "min-new-rows");
    long rows = node.optional("min-new-rows").map(TriggerParser::rows).orElse(0L);
    var debounce = node.optional("debounce").map(TriggerParser::length).orElse(Duration.ZERO);
    return new Trigger.OfDataset(name(node, "name"), debounce, rows, given(node));
  }

  private static long rows(YamlNode node) {
    if (node.integer() < 1)
      throw node.invalid("min-new-rows: got %d, expected 1 or more".formatted(node.integer()));
    return node.integer();
  }

  private static Duration length(YamlNode node) {
    var match = LENGTH.matcher(node.text());
    if (match.matches()) {
      long count = Long.parseLong(match.group(1));
      var length =
          switch (match.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
          };
      if (length.compareTo(LONGEST_DEBOUNCE) <= 0) return length;
    }
    throw node.invalid(
        "debounce: got \"%s\", expected a length such as 90s, 30m, 2h or 1d, of %d days at most"
            .formatted(node.text(), LONGEST_DEBOUNCE.toDays()));
  }

  private Trigger pipeline(YamlNode node) {
    only(node, "name", "outcome");
    var name = name(node, "name");
    if (name.equals(pipeline))
      throw node.required("name")
          .invalid("the pipeline %s would start itself for ever; name another".formatted(name));
    var outcome =
        node.optional("outcome")
            .map(given -> one(given, Trigger.Outcome.values()))
            .orElse(Trigger.Outcome.SUCCEEDED);
    return new Trigger.OfPipeline(name, outcome, given(node));
  }

  private Trigger model(YamlNode node) {
    only(node, "name", "alias");
    var alias = node.optional("alias").map(YamlNode::text).orElse(null);
    return new Trigger.OfModel(name(node, "name"), alias, given(node));
  }

  private Trigger push(YamlNode node) {
    only(node, "branch", "paths");
    var paths = node.optional("paths").map(YamlNode::list).orElse(List.of());
    if (paths.size() > MOST_PATHS)
      throw node.invalid("%d paths; a trigger has at most %d".formatted(paths.size(), MOST_PATHS));
    return new Trigger.OfPush(
        glob(node.required("branch")),
        paths.stream().map(TriggerParser::glob).toList(),
        given(node));
  }

  private static String glob(YamlNode node) {
    if (node.text().isBlank() || node.text().length() > LONGEST_GLOB)
      throw node.invalid(
          "expected 1 to %d characters, such as main or \"churn/**\"".formatted(LONGEST_GLOB));
    return node.text();
  }

  private Trigger alert(YamlNode node) {
    only(node, "endpoint");
    return new Trigger.OfAlert(name(node, "endpoint"), given(node));
  }

  private static void only(YamlNode node, String... keys) {
    var known = new TreeSet<>(Arrays.asList(keys));
    known.add("with");
    node.only(known);
  }

  private static String name(YamlNode node, String key) {
    var name = node.required(key);
    if (name.text().isBlank()) throw name.invalid("%s is empty".formatted(key));
    return name.text();
  }

  private static <E extends Enum<E>> E one(YamlNode node, E[] values) {
    for (var value : values) if (lower(value).equals(node.text())) return value;
    var names = Arrays.stream(values).map(TriggerParser::lower).toList();
    throw node.invalid(
        "got \"%s\", expected one of %s".formatted(node.text(), String.join(", ", names)));
  }

  static String lower(Enum<?> one) {
    return one.name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, JsonNode> given(YamlNode node) {
    var values = new TreeMap<String, JsonNode>();
    node.optional("with")
        .ifPresent(with -> with.map().forEach((name, value) -> values.put(name, value.json())));
    return values;
  }

  /** The parameters that runs get exist, and those without a default are all given. */
  private void with(YamlNode entry, Trigger trigger) {
    entry
        .optional("with")
        .ifPresent(with ->
            with.map()
                .forEach((name, value) -> {
                  var param = params.get(name);
                  if (param == null)
                    throw with.key(name)
                        .invalid(
                            "the pipeline has no parameter \"%s\"%s"
                                .formatted(name, Names.suggestion(name, params.keySet())));
                  TriggerValues.check(value, param, trigger);
                }));
    for (var param : params.values()) {
      if (param.otherwise() == null && !trigger.with().containsKey(param.name()))
        throw entry.invalid(
            "parameter \"%s\" (%s) has no default; give it here, as  with: { %s: ... }"
                .formatted(param.name(), param.type().text(), param.name()));
    }
  }
}
