package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Json;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A value given under {@code with}, which may hold expressions. */
sealed interface Template {
  /** Where it stands. */
  YamlNode place();

  Stream<Expression> expressions();

  JsonNode evaluate(Scope scope);

  /** Whether its value is known before anything runs. */
  default boolean isLiteral() {
    return expressions().findAny().isEmpty();
  }

  record Literal(YamlNode place, JsonNode value) implements Template {
    @Override
    public Stream<Expression> expressions() {
      return Stream.of();
    }

    @Override
    public JsonNode evaluate(Scope scope) {
      return value;
    }
  }

  /** One expression and nothing around it: its value keeps its type. */
  record Whole(YamlNode place, Expression expression) implements Template {
    @Override
    public Stream<Expression> expressions() {
      return Stream.of(expression);
    }

    @Override
    public JsonNode evaluate(Scope scope) {
      return expression.evaluate(scope);
    }
  }

  /** Text with expressions in it: always text. */
  record Mixed(YamlNode place, List<Template> parts) implements Template {
    @Override
    public Stream<Expression> expressions() {
      return parts.stream().flatMap(Template::expressions);
    }

    @Override
    public JsonNode evaluate(Scope scope) {
      var text = new StringBuilder();
      for (var part : parts) {
        var value = part.evaluate(scope);
        if (value.isContainerNode() || value.isNull())
          throw place.invalid("%s cannot be part of a text".formatted(value));
        text.append(value.asText());
      }
      return TextNode.valueOf(text.toString());
    }
  }

  record Items(YamlNode place, List<Template> items) implements Template {
    @Override
    public Stream<Expression> expressions() {
      return items.stream().flatMap(Template::expressions);
    }

    @Override
    public JsonNode evaluate(Scope scope) {
      var array = Json.array();
      items.forEach(item -> array.add(item.evaluate(scope)));
      return array;
    }
  }

  record Entries(YamlNode place, Map<String, Template> values) implements Template {
    @Override
    public Stream<Expression> expressions() {
      return values.values().stream().flatMap(Template::expressions);
    }

    @Override
    public JsonNode evaluate(Scope scope) {
      var object = Json.object();
      values.forEach((key, value) -> object.set(key, value.evaluate(scope)));
      return object;
    }
  }

  /** Whether a condition is true. */
  static boolean holds(Template condition, Scope scope) {
    var value = condition.evaluate(scope);
    if (!value.isBoolean())
      throw condition
          .place()
          .invalid("if: the expression gives %s, expected true or false".formatted(value));
    return value.booleanValue();
  }

  static Template of(YamlNode node) {
    if (node.isMap()) {
      var values = new LinkedHashMap<String, Template>();
      node.map().forEach((key, value) -> values.put(key, of(value)));
      return new Entries(node, values);
    }
    if (node.isList()) return new Items(node, node.list().stream().map(Template::of).toList());
    if (node.isText() && node.text().contains("${{")) return text(node);
    return new Literal(node, node.json());
  }

  private static Template text(YamlNode node) {
    var text = node.text();
    var parts = new ArrayList<Template>();
    int at = 0;
    while (at < text.length()) {
      int open = text.indexOf("${{", at);
      if (open < 0) open = text.length();
      if (open > at) parts.add(new Literal(node, TextNode.valueOf(text.substring(at, open))));
      if (open == text.length()) break;
      int close = close(text, open + 3);
      if (close < 0) throw node.invalid("\"${{\" is not closed; expected ${{ EXPRESSION }}");
      parts.add(new Whole(node, new Expression(text.substring(open + 3, close), node)));
      at = close + 2;
    }
    return parts.size() == 1 ? parts.getFirst() : new Mixed(node, List.copyOf(parts));
  }

  /**
   * Where the expression that begins here ends: at the first closing pair outside quotes and inner
   * braces, or -1.
   */
  static int close(String text, int from) {
    int braces = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\'') {
        do i += text.charAt(i) == '\\' ? 2 : 1;
        while (i < text.length() && text.charAt(i) != c);
      } else if (c == '{') {
        braces++;
      } else if (c == '}') {
        if (braces == 0 && text.startsWith("}}", i)) return i;
        braces--;
      }
    }
    return -1;
  }
}
