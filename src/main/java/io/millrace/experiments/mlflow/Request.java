package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent: a JSON body, a query string, or both, and what stood in the path. Numbers may
 * come as texts. What was cut to fit is noted, to be told in the answer's header.
 */
public final class Request {
  private final ObjectNode body;
  private final List<String> cut;

  private Request(ObjectNode body, List<String> cut) {
    this.body = body;
    this.cut = cut;
  }

  /**
   * Reads a request. The body may be a JSON text that holds JSON, as old clients send.
   *
   * @param query repeated keys have several values
   * @param path what the path's own fields hold
   */
  static Request read(byte[] body, Map<String, List<String>> query, Map<String, String> path) {
    var fields = Json.object();
    if (body.length > 0) {
      JsonNode read = Json.read(new String(body, StandardCharsets.UTF_8), JsonNode.class);
      if (read.isTextual()) read = Json.parse(read.textValue());
      if (!(read instanceof ObjectNode object))
        throw new InvalidInput("the body is %s; expected a JSON object".formatted(kind(read)));
      fields = object;
    }
    for (var one : query.entrySet()) {
      if (one.getValue().size() == 1) fields.put(one.getKey(), one.getValue().getFirst());
      else {
        var values = fields.putArray(one.getKey());
        one.getValue().forEach(values::add);
      }
    }
    for (var one : path.entrySet()) fields.put(one.getKey(), one.getValue());
    return new Request(fields, new ArrayList<>());
  }

  /**
   * The fields of a query string. Only & separates them: a semicolon belongs to a value, whatever
   * frameworks make of it.
   */
  static Map<String, List<String>> query(@Nullable String raw) {
    var fields = new TreeMap<String, List<String>>();
    if (raw == null || raw.isEmpty()) return fields;
    try {
      for (var pair : raw.split("&")) {
        int equals = pair.indexOf('=');
        var name =
            URLDecoder.decode(
                equals < 0 ? pair : pair.substring(0, equals), StandardCharsets.UTF_8);
        var value =
            equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
        fields.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidInput(
          "the query string is not well percent-encoded: %s".formatted(e.getMessage()));
    }
    return fields;
  }

  private static String kind(JsonNode node) {
    return node.isNull() || node.isMissingNode()
        ? "null"
        : "a JSON " + node.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
  }

  /** What was cut because it was too long, such as params[0].value. */
  List<String> cut() {
    return cut;
  }

  /** The value cut to that length, which is noted. */
  public String cut(String value, int most, String where) {
    if (value.length() <= most) return value;
    cut.add(where);
    return value.substring(0, most);
  }

  public boolean has(String name) {
    return field(name) != null;
  }

  /** The value under that name, in snake_case or camelCase; null where there is none. */
  public @Nullable JsonNode field(String name) {
    return field(body, name);
  }

  public static @Nullable JsonNode field(JsonNode object, String name) {
    @Nullable JsonNode snake = object.get(name);
    @Nullable JsonNode camel = name.indexOf('_') < 0 ? null : object.get(camel(name));
    if (snake != null && camel != null)
      throw new InvalidInput(
          "Request specifies both '%s' and '%s'; give one of them".formatted(name, camel(name)));
    var found = snake != null ? snake : camel;
    return found == null || found.isNull() ? null : found;
  }

  private static String camel(String name) {
    var text = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '_' && i + 1 < name.length()) text.append(Character.toUpperCase(name.charAt(++i)));
      else text.append(c);
    }
    return text.toString();
  }

  public String text(String name) {
    return text(body, name, name);
  }

  /**
   * A text that must be there.
   *
   * @param where its place in the request, for messages
   */
  public static String text(JsonNode object, String name, String where) {
    var value = optionalText(object, name, where);
    if (value == null) throw missing(where);
    return value;
  }

  public @Nullable String optionalText(String name) {
    return optionalText(body, name, name);
  }

  public String text(String name, String otherwise) {
    var value = optionalText(name);
    return value == null ? otherwise : value;
  }

  public static @Nullable String optionalText(JsonNode object, String name, String where) {
    var value = field(object, name);
    if (value == null) return null;
    if (!value.isTextual()) throw invalid(value, where, "a string");
    return value.textValue();
  }

  /** A number or a numeric text. */
  public @Nullable Long optionalWhole(String name) {
    return optionalWhole(body, name, name);
  }

  public static @Nullable Long optionalWhole(JsonNode object, String name, String where) {
    var value = field(object, name);
    if (value == null) return null;
    if (value.isIntegralNumber() && value.canConvertToLong()) return value.longValue();
    if (value.isFloatingPointNumber()
        && value.doubleValue() == Math.rint(value.doubleValue())
        && Math.abs(value.doubleValue()) < 1e18) return (long) value.doubleValue();
    if (value.isTextual() && value.textValue().matches("[+-]?\\d{1,18}"))
      return Long.parseLong(value.textValue());
    throw invalid(value, where, "a whole number");
  }

  public static long whole(JsonNode object, String name, String where) {
    var value = optionalWhole(object, name, where);
    if (value == null) throw missing(where);
    return value;
  }

  /** A metric's value: a number, NaN, Infinity or -Infinity, as a text or not. */
  static double number(JsonNode object, String name, String where) {
    var value = field(object, name);
    if (value == null) throw missing(where);
    if (value.isNumber()) return value.doubleValue();
    if (value.isBoolean()) return value.booleanValue() ? 1 : 0;
    if (value.isTextual()) {
      var text = value.textValue().strip();
      switch (text.toLowerCase(java.util.Locale.ROOT)) {
        case "nan" -> {
          return Double.NaN;
        }
        case "inf", "infinity", "+infinity", "+inf" -> {
          return Double.POSITIVE_INFINITY;
        }
        case "-inf", "-infinity" -> {
          return Double.NEGATIVE_INFINITY;
        }
        default -> {
          if (text.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?"))
            return Double.parseDouble(text);
        }
      }
    }
    throw invalid(value, where, "a number");
  }

  public boolean flag(String name) {
    var value = field(name);
    if (value == null) return false;
    if (value.isBoolean()) return value.booleanValue();
    if (value.isTextual() && value.textValue().equalsIgnoreCase("true")) return true;
    if (value.isTextual() && value.textValue().equalsIgnoreCase("false")) return false;
    throw invalid(value, name, "true or false");
  }

  /** The elements of a list, which may be left out; a single text counts as a list of one. */
  public List<JsonNode> list(String name) {
    var value = field(name);
    if (value == null) return List.of();
    if (value.isTextual()) return List.of(value);
    if (!value.isArray()) throw invalid(value, name, "a list");
    var elements = new ArrayList<JsonNode>(value.size());
    value.forEach(elements::add);
    return elements;
  }

  public List<String> texts(String name) {
    var texts = new ArrayList<String>();
    for (var element : list(name)) {
      if (!element.isTextual() && !element.isIntegralNumber())
        throw invalid(element, name, "a list of strings");
      texts.add(element.asText());
    }
    return texts;
  }

  /** A list of {key, value}, as tags are sent. */
  public Map<String, String> pairs(String name) {
    var pairs = new TreeMap<String, String>();
    int i = 0;
    for (var element : list(name)) {
      var where = "%s[%d]".formatted(name, i++);
      var value = optionalText(element, "value", where + ".value");
      pairs.put(text(element, "key", where + ".key"), value == null ? "" : value);
    }
    return pairs;
  }

  /** A page's size. */
  public int limit(String name, int otherwise, int most) {
    var value = optionalWhole(name);
    if (value == null) return otherwise;
    if (value < 1)
      throw new InvalidInput(
          "Invalid value %d for parameter '%s' supplied. It must be a positive integer."
              .formatted(value, name));
    if (value > most)
      throw new InvalidInput(
          "Invalid value %d for parameter '%s' supplied. It must be at most %d."
              .formatted(value, name, most));
    return value.intValue();
  }

  public ObjectNode body() {
    return body;
  }

  public static InvalidInput missing(String where) {
    return new InvalidInput(
        "Missing value for required parameter '%s'. See the API docs for more information about request parameters."
            .formatted(where));
  }

  public static InvalidInput invalid(JsonNode value, String where, String expected) {
    var shown = value.toString();
    return new InvalidInput(
        "Invalid value %s for parameter '%s' supplied: expected %s. See the API docs for more information about request parameters."
            .formatted(
                shown.length() > 200 ? shown.substring(0, 200) + "..." : shown, where, expected));
  }

  /** One of an enum's names, or its number as protobuf counts. */
  public <E extends Enum<E>> @Nullable E choice(
      String name, Map<Integer, E> numbers, Class<E> type) {
    var value = field(name);
    if (value == null) return null;
    if (value.isIntegralNumber() && numbers.containsKey(value.intValue()))
      return numbers.get(value.intValue());
    if (value.isTextual()) {
      for (var one : type.getEnumConstants()) if (one.name().equals(value.textValue())) return one;
    }
    throw invalid(value, name, "one of " + new HashMap<>(numbers).values());
  }
}
