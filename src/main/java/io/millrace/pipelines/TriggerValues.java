package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Cel;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The parameters that a trigger gives: values, or text in which <code>${{ }}</code> holds CEL over
 * {@code trigger.NAME}.
 */
final class TriggerValues {
  private static final Pattern ROOT = Pattern.compile("(?<![A-Za-z0-9_.])trigger\\b");
  private static final Pattern NAME = Pattern.compile("trigger\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)");
  private static final Set<String> ALWAYS = Set.of("kind", "at", "date");

  private TriggerValues() {}

  /** A text, cut into what stands outside of expressions and what is one. */
  private record Part(String text, boolean isExpression) {}

  private static List<Part> parts(String text) {
    var parts = new ArrayList<Part>();
    int at = 0;
    while (at < text.length()) {
      int open = text.indexOf("${{", at);
      if (open < 0) open = text.length();
      if (open > at) parts.add(new Part(text.substring(at, open), false));
      if (open == text.length()) break;
      int close = Template.close(text, open + 3);
      if (close < 0) throw new InvalidInput("\"${{\" is not closed; expected ${{ EXPRESSION }}");
      parts.add(new Part(text.substring(open + 3, close).strip(), true));
      at = close + 2;
    }
    return parts;
  }

  static void check(YamlNode node, Param param, Trigger trigger) {
    try {
      if (!node.isText() || !node.text().contains("${{")) {
        param.type().read(param.name(), node.json());
        return;
      }
      for (var part : parts(node.text())) if (part.isExpression()) check(part.text(), trigger);
    } catch (InvalidInput e) {
      throw node.invalid(String.join(" ", String.valueOf(e.getMessage()).lines().toList()));
    }
  }

  private static void check(String expression, Trigger trigger) {
    var known = new TreeSet<>(trigger.evidence());
    known.addAll(ALWAYS);
    var bare = Expression.LITERAL.matcher(expression).replaceAll("\"\"");
    var root = ROOT.matcher(bare);
    while (root.find()) {
      var name = NAME.matcher(bare).region(root.start(), bare.length());
      if (!name.lookingAt())
        throw new InvalidInput(
            "expression \"%s\": expected trigger.NAME".formatted(Cel.shown(expression)));
      if (!known.contains(name.group(1)))
        throw new InvalidInput(
            "a trigger of kind %s has no \"%s\"%s"
                .formatted(trigger.kind(), name.group(1), Names.suggestion(name.group(1), known)));
    }
    Cel.check(expression, Set.of("trigger"));
  }

  /** The value for a firing with that evidence. */
  static JsonNode evaluate(JsonNode value, JsonNode evidence) {
    if (!value.isTextual() || !value.textValue().contains("${{")) return value;
    var parts = parts(value.textValue());
    if (parts.size() == 1) return evaluate(parts.getFirst().text(), evidence);
    var text = new StringBuilder();
    for (var part : parts) {
      if (!part.isExpression()) {
        text.append(part.text());
        continue;
      }
      var found = evaluate(part.text(), evidence);
      if (found.isContainerNode() || found.isNull())
        throw new InvalidInput("%s cannot be part of a text".formatted(found));
      text.append(found.asText());
    }
    return TextNode.valueOf(text.toString());
  }

  private static JsonNode evaluate(String expression, JsonNode evidence) {
    var variables = Map.of("trigger", CelValues.java(evidence));
    return CelValues.json(Objects.requireNonNull(Cel.evaluate(expression, variables)));
  }
}
