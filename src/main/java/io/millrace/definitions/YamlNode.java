package io.millrace.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value in a YAML file and where it stands. The accessors read it as one type and refuse any
 * other, with "FILE:LINE:COLUMN: ..." before the message. Immutable.
 */
public final class YamlNode {
  private final String file;
  private final int line;
  private final int column;
  private final Content content;

  sealed interface Content {
    /** Text, a number, a truth value or nothing, as YAML 1.2's core schema resolves it. */
    record Scalar(JsonNode value) implements Content {}

    record Items(List<YamlNode> items) implements Content {}

    /** Keys in the order of the file; each key is a node too, so that messages can point at it. */
    record Entries(LinkedHashMap<String, YamlNode> keys, LinkedHashMap<String, YamlNode> values)
        implements Content {}
  }

  YamlNode(String file, int line, int column, Content content) {
    this.file = file;
    this.line = line;
    this.column = column;
    this.content = content;
  }

  /** The path of the file in its project. */
  public String file() {
    return file;
  }

  /** From 1. */
  public int line() {
    return line;
  }

  /** From 1. */
  public int column() {
    return column;
  }

  public boolean isMap() {
    return content instanceof Content.Entries;
  }

  public boolean isList() {
    return content instanceof Content.Items;
  }

  public boolean isNull() {
    return content instanceof Content.Scalar(var value) && value.isNull();
  }

  public boolean isText() {
    return content instanceof Content.Scalar(var value) && value.isTextual();
  }

  /** Keys and values in the order of the file. */
  public LinkedHashMap<String, YamlNode> map() {
    if (content instanceof Content.Entries(var _, var values)) return new LinkedHashMap<>(values);
    throw expected("a map (KEY: VALUE)");
  }

  /** The place of a key of this map, for messages about the key itself. */
  public YamlNode key(String name) {
    if (content instanceof Content.Entries(var keys, var _)
        && keys.get(name) instanceof YamlNode key) return key;
    throw new IllegalArgumentException("there is no key " + name);
  }

  public List<YamlNode> list() {
    if (content instanceof Content.Items(var items)) return items;
    throw expected("a list ([A, B])");
  }

  public String text() {
    if (content instanceof Content.Scalar(var value)) {
      if (value.isTextual()) return value.textValue();
      if (!value.isNull())
        throw invalid("expected text, got %s; put it in quotes to make it text".formatted(shown()));
    }
    throw expected("text");
  }

  public long integer() {
    if (content instanceof Content.Scalar(var value) && value.isIntegralNumber())
      return value.longValue();
    throw expected("a whole number");
  }

  /** A finite number. */
  public double number() {
    if (content instanceof Content.Scalar(var value) && value.isNumber())
      return value.doubleValue();
    throw expected("a number");
  }

  public boolean bool() {
    if (content instanceof Content.Scalar(var value) && value.isBoolean())
      return value.booleanValue();
    throw expected("true or false");
  }

  /** All of it, without places. */
  public JsonNode json() {
    return switch (content) {
      case Content.Scalar(var value) -> value;
      case Content.Items(var items) -> {
        var array = Json.array();
        items.forEach(item -> array.add(item.json()));
        yield array;
      }
      case Content.Entries(var _, var values) -> {
        var object = Json.object();
        values.forEach((key, value) -> object.set(key, value.json()));
        yield object;
      }
    };
  }

  /** Refuses any key of this map that is not known, naming the nearest that is. */
  public void only(Set<String> known) {
    for (var name : map().keySet()) {
      if (!known.contains(name))
        throw key(name)
            .invalid("unknown key \"%s\"%s".formatted(name, Names.suggestion(name, known)));
    }
  }

  /** The value of a key, which must be there and hold something. */
  public YamlNode required(String key) {
    return optional(key)
        .orElseThrow(() -> invalid("\"%s\" is missing here; add it".formatted(key)));
  }

  /** The value of a key, if it is there and holds something. */
  public Optional<YamlNode> optional(String key) {
    @Nullable YamlNode value = entries().get(key);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  private Map<String, YamlNode> entries() {
    if (content instanceof Content.Entries(var _, var values)) return values;
    throw expected("a map (KEY: VALUE)");
  }

  /** A message about this place. */
  public InvalidInput invalid(String message) {
    return new InvalidInput("%s: %s".formatted(place(), message));
  }

  /** FILE:LINE:COLUMN. */
  public String place() {
    return "%s:%d:%d".formatted(file, line, column);
  }

  private InvalidInput expected(String what) {
    return invalid("expected %s, got %s".formatted(what, shown()));
  }

  /** What it is, for messages. */
  private String shown() {
    return switch (content) {
      case Content.Items _ -> "a list";
      case Content.Entries _ -> "a map";
      case Content.Scalar(TextNode value) ->
          "the text \"%s\"".formatted(shortened(value.textValue()));
      case Content.Scalar(NullNode _) -> "nothing";
      case Content.Scalar(BooleanNode value) -> "the truth value " + value;
      case Content.Scalar(var value) -> "the number " + value;
    };
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
