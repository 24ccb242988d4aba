package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.data.Engine;
import io.millrace.data.Sql;
import io.millrace.serving.EndpointName;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Takes labels that arrive later: for a prediction's id, or for the newest prediction of an
 * endpoint up to a time whose inputs have the values of an entity's key. Values may come name by
 * name, and again: the last one counts, and all are kept. Thread-safe.
 */
public final class Feedback {
  public static final int MOST = 10_000;

  /** Those that name a key are looked up in the log, so fewer may come at once. */
  private static final int MOST_KEYS = 1_000;

  private static final int MOST_VALUES = 100;
  private static final int MOST_CHARACTERS = 10_000;
  private static final List<String> KEYS = List.of("id", "endpoint", "key", "time", "values");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}]{1,250}");

  private final Predictions predictions;
  private final Clock clock;

  public Feedback(Predictions predictions, Clock clock) {
    this.predictions = predictions;
    this.clock = clock;
  }

  /**
   * Takes all or none; returns when it is durable.
   *
   * @param given a list of objects with values, and id or else endpoint, key and time
   * @return the ids of the predictions that it is for, in the list's order
   * @throws NotFound if no prediction has the values of a key
   */
  public List<String> give(JsonNode given) {
    if (!given.isArray() || given.isEmpty() || given.size() > MOST)
      throw new InvalidInput(
          "\"feedback\": got %s, expected a list of 1 to %,d objects"
              .formatted(given.isArray() ? given.size() + " objects" : "no list", MOST));
    var ids = new String[given.size()];
    var asks = new LinkedHashMap<EndpointName, List<Ask>>();
    for (int i = 0; i < ids.length; i++) {
      try {
        read(given.get(i), i, ids, asks);
      } catch (InvalidInput e) {
        throw new InvalidInput("feedback[%d]: %s".formatted(i, e.getMessage()));
      }
    }
    if (asks.values().stream().mapToInt(List::size).sum() > MOST_KEYS)
      throw new InvalidInput(
          "more than %,d objects have a key: send the others in another call".formatted(MOST_KEYS));
    asks.forEach((endpoint, asked) -> find(endpoint, asked, ids));
    var at = clock.instant();
    var rows = new ArrayList<PredictionStore.Given>();
    for (int i = 0; i < ids.length; i++) {
      for (var value : given.path(i).path("values").properties())
        rows.add(new PredictionStore.Given(ids[i], value.getKey(), value.getValue(), at));
    }
    predictions.give(rows);
    return List.of(ids);
  }

  /** A prediction that is named by an entity's key. */
  private record Ask(int index, ObjectNode key, String conditions, Instant time) {}

  private static void read(
      JsonNode one, int index, String[] ids, Map<EndpointName, List<Ask>> asks) {
    var object = Fields.object(one, KEYS);
    checkValues(object);
    if (object.has("id")) {
      for (var other : List.of("endpoint", "key", "time"))
        if (object.has(other))
          throw new InvalidInput("\"%s\" beside \"id\": an id needs no other".formatted(other));
      ids[index] = Predictions.checkId(Fields.text(object, "id"));
      return;
    }
    if (!object.has("endpoint"))
      throw new InvalidInput(
          "neither \"id\" nor \"endpoint\": expected the id of a prediction, or endpoint, key and time");
    var endpoint = new EndpointName(Fields.text(object, "endpoint"));
    if (!(object.get("key") instanceof ObjectNode key) || key.isEmpty() || key.size() > 10)
      throw new InvalidInput(
          "key: got %s, expected an object of 1 to 10 inputs and their values, such as {\"flight\": \"AA1\"}"
              .formatted(shown(object.path("key"))));
    var time = time(Fields.text(object, "time"));
    asks.computeIfAbsent(endpoint, _ -> new ArrayList<>())
        .add(new Ask(index, key, conditions(key), time));
  }

  private static void checkValues(JsonNode one) {
    if (!(one.get("values") instanceof ObjectNode values)
        || values.isEmpty()
        || values.size() > MOST_VALUES)
      throw new InvalidInput(
          "values: got %s, expected an object of 1 to %d values by name, such as {\"label\": 1}"
              .formatted(shown(one.path("values")), MOST_VALUES));
    for (var value : values.properties()) {
      if (!NAME.matcher(value.getKey()).matches())
        throw new InvalidInput("name of a value", value.getKey(), "1 to 250 printable characters");
      if (value.getValue().toString().length() > MOST_CHARACTERS)
        throw new InvalidInput(
            "value \"%s\" has more than %,d characters".formatted(value.getKey(), MOST_CHARACTERS));
    }
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new InvalidInput("time", text, "a time such as 2001-02-03T04:05:06Z");
    }
  }

  private static String conditions(ObjectNode key) {
    return key.properties().stream()
        .map(one ->
            "json_extract_string(inputs, %s) = %s"
                .formatted(Sql.text(path(one.getKey())), Sql.text(text(one.getValue()))))
        .collect(Collectors.joining(" and "));
  }

  /** Finds the newest prediction of each up to its time. */
  private void find(EndpointName endpoint, List<Ask> asks, String[] ids) {
    var last = asks.stream().map(Ask::time).max(Comparator.naturalOrder()).orElseThrow();
    predictions.over(
        Span.of(endpoint.value(), null, last.plusNanos(1_000)),
        engine -> {
          for (var ask : asks) ids[ask.index()] = find(engine, endpoint, ask);
          return true;
        });
  }

  private static String find(Engine engine, EndpointName endpoint, Ask ask) {
    var found =
        engine.query(
            """
            select id from predictions where %s and time <= cast(? as timestamp with time zone)
             order by time desc, id desc limit 1
            """
                .formatted(ask.conditions()),
            row -> row.getString(1),
            ask.time().toString());
    if (found.isEmpty())
      throw new NotFound(
          "feedback[%d]: no prediction of endpoint %s up to %s has the inputs %s: see with \"millrace predictions %s\" which there are"
              .formatted(ask.index(), endpoint, ask.time(), ask.key(), endpoint));
    return found.getFirst();
  }

  private static String path(String input) {
    return "$.\"%s\"".formatted(input.replace("\\", "\\\\").replace("\"", "\\\""));
  }

  /** As the log writes it: whole numbers without a fraction. */
  private static String text(JsonNode value) {
    if (!value.isValueNode() || value.isNull())
      throw new InvalidInput("key: got %s, expected a text or a number".formatted(shown(value)));
    return value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue())
        ? value.bigIntegerValue().toString()
        : value.asText();
  }

  private static String shown(JsonNode value) {
    if (value.isMissingNode()) return "nothing";
    var text = value.toString();
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
