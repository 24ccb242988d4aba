package io.millrace.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the parts of a request as what is due, and refuses any other by name. */
public final class Fields {
  private Fields() {}

  /** The body as an object that has no other keys than these. */
  public static ObjectNode object(@Nullable JsonNode body, Collection<String> keys) {
    if (!(body instanceof ObjectNode object))
      throw new InvalidInput(
          "the body is %s; expected a JSON object with %s"
              .formatted(
                  body == null || body.isNull() || body.isMissingNode()
                      ? "empty"
                      : "no JSON object",
                  String.join(", ", keys)));
    for (var key : object.properties()) {
      if (!keys.contains(key.getKey()))
        throw new InvalidInput(
            "key \"%s\" is unknown%s"
                .formatted(key.getKey(), Names.suggestion(key.getKey(), keys)));
    }
    return object;
  }

  public static String text(JsonNode body, String key) {
    var value = body.get(key);
    if (value == null) throw new InvalidInput("\"%s\" is missing, expected a text".formatted(key));
    if (!value.isTextual()) throw wrong(key, value, "a text");
    return value.textValue();
  }

  /** None where the key is not there. */
  public static List<String> texts(JsonNode body, String key) {
    var texts = new ArrayList<String>();
    var value = body.get(key);
    if (value == null) return texts;
    if (!value.isArray()) throw wrong(key, value, "a list of texts");
    for (var one : value) {
      if (!one.isTextual()) throw wrong(key, one, "texts in this list");
      texts.add(one.textValue());
    }
    return texts;
  }

  /** None where the key is not there. */
  public static Map<String, JsonNode> entries(JsonNode body, String key) {
    var entries = new TreeMap<String, JsonNode>();
    var value = body.get(key);
    if (value == null) return entries;
    if (!value.isObject()) throw wrong(key, value, "an object");
    value.properties().forEach(one -> entries.put(one.getKey(), one.getValue()));
    return entries;
  }

  public static int whole(JsonNode body, String key, int otherwise) {
    var value = body.get(key);
    if (value == null) return otherwise;
    if (!value.isIntegralNumber() || !value.canConvertToInt())
      throw wrong(key, value, "a whole number");
    return value.intValue();
  }

  private static InvalidInput wrong(String key, JsonNode got, String expected) {
    var shown = got.toString();
    return new InvalidInput(
        "%s: got %s, expected %s"
            .formatted(
                key, shown.length() <= 100 ? shown : shown.substring(0, 100) + "...", expected));
  }

  /** A number in a request's address. */
  public static long number(
      String name, @Nullable String text, long otherwise, long least, long most) {
    if (text == null) return otherwise;
    try {
      long value = Long.parseLong(text);
      if (least <= value && value <= most) return value;
    } catch (NumberFormatException e) {
      // told below, as what is out of range is
    }
    throw new InvalidInput(name, text, "a whole number from %d to %d".formatted(least, most));
  }
}
