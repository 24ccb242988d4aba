package io.millrace.base;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.CharConversionException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The one way JSON is read and written here: unknown and repeated keys refused, times as ISO 8601.
 */
public final class Json {
  private static final ObjectMapper MAPPER = configured(JsonMapper.builder().build());

  private static final Pattern REPEATED =
      Pattern.compile("^Duplicate (?:field|Object property) ['\"](.*?)['\"]");
  private static final List<Pattern> INTERNALS =
      List.of(
          Pattern.compile(" \\(start marker at .*\\)"),
          Pattern.compile(" ?\\(or 'NaN'[^)]*\\)"),
          Pattern.compile(": enable `[^`]*` to allow"),
          Pattern.compile(",? from `StreamReadConstraints[^`]*`"));

  private Json() {}

  /** Applies our settings to a mapper; the server's own mapper is configured by it too. */
  public static ObjectMapper configured(ObjectMapper mapper) {
    return mapper
        .registerModule(new JavaTimeModule())
        .registerModule(new Jdk8Module())
        .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  public static ObjectMapper mapper() {
    return MAPPER;
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * A table's value where a text, a truth value or else a number is due: its text, and 1 and 0 for
   * truth values that are to be numbers. What does not fit stays, for the reader to refuse.
   */
  public static JsonNode fitted(JsonNode value, boolean text, boolean truth) {
    if (value.isNull()) return value;
    if (text) return tree(value.asText());
    return value.isBoolean() && !truth ? tree(value.asBoolean() ? 1 : 0) : value;
  }

  /** Reads a document; says where it stops being JSON. */
  public static JsonNode parse(String text) {
    return read(text, JsonNode.class);
  }

  public static <T> T read(String text, Class<T> type) {
    try {
      return MAPPER.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw invalid(e);
    }
  }

  public static <T> T read(byte[] utf8, Class<T> type) {
    return read(new String(utf8, StandardCharsets.UTF_8), type);
  }

  public static <T> T convert(JsonNode node, Class<T> type) {
    try {
      return MAPPER.treeToValue(node, type);
    } catch (JsonProcessingException e) {
      throw invalid(e);
    }
  }

  /** What is wrong with a document, without the parser's own words on its source. */
  public static InvalidInput invalid(JsonProcessingException e) {
    var at = e.getLocation();
    var where =
        at == null || at.getLineNr() < 0
            ? ""
            : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
    return new InvalidInput("JSON%s: %s".formatted(where, reason(e)));
  }

  /** A document in bytes that begins as UTF-16 or UTF-32 does, and so is read as that. */
  public static InvalidInput invalid(CharConversionException e) {
    return new InvalidInput("the body is not JSON in UTF-8: %s".formatted(e.getMessage()));
  }

  /** The parser's reason without what only tells about the parser: its settings and its classes. */
  public static String reason(JsonProcessingException e) {
    var message = e.getOriginalMessage();
    var repeated = REPEATED.matcher(message);
    if (repeated.find()) return "the key \"%s\" occurs twice".formatted(repeated.group(1));
    if (message.startsWith("Trailing token")) return "something follows the end of the document";
    for (var pattern : INTERNALS) message = pattern.matcher(message).replaceAll("");
    return message;
  }

  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  public static String pretty(Object value) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * The canonical form that digests are taken of: keys sorted by UTF-16 code unit, no white space,
   * whole numbers without fraction (after RFC 8785, the JSON Canonicalization Scheme).
   */
  public static String canonical(JsonNode node) {
    return write(sorted(node));
  }

  private static JsonNode sorted(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        var keys = new TreeMap<String, JsonNode>();
        object.properties().forEach(e -> keys.put(e.getKey(), sorted(e.getValue())));
        var result = object();
        keys.forEach(result::set);
        yield result;
      }
      case ArrayNode array -> {
        var result = array();
        array.forEach(e -> result.add(sorted(e)));
        yield result;
      }
      default -> node.isFloatingPointNumber() ? number(node.doubleValue()) : node;
    };
  }

  private static JsonNode number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15)
      return MAPPER.getNodeFactory().numberNode((long) value);
    return MAPPER.getNodeFactory().rawValueNode(new RawValue(Double.toString(value)));
  }
}
