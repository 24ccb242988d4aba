package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import io.millrace.base.InvalidInput;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The type of a pipeline's parameter. */
public enum ParamType {
  TEXT(ValueType.TEXT),
  INTEGER(ValueType.INTEGER),
  NUMBER(ValueType.NUMBER),
  BOOLEAN(ValueType.BOOLEAN),
  DATE(ValueType.DATE);

  private final ValueType value;

  ParamType(ValueType value) {
    this.value = value;
  }

  /** The type of its values where they flow into a step. */
  ValueType value() {
    return value;
  }

  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<ParamType> named(String text) {
    return Arrays.stream(values()).filter(t -> t.text().equals(text)).findFirst();
  }

  static List<String> names() {
    return Arrays.stream(values()).map(ParamType::text).toList();
  }

  /** The value as this type; text, as a command line gives it, is read as one. */
  JsonNode read(String name, JsonNode given) {
    var read = given.isTextual() ? parsed(given) : given;
    if (!ValueChecks.fits(value, read))
      throw new InvalidInput(
          "parameter " + name,
          given.isTextual() ? given.textValue() : given,
          ValueChecks.expected(value));
    return read;
  }

  private JsonNode parsed(JsonNode given) {
    var text = given.textValue().strip();
    try {
      return switch (this) {
        case TEXT, DATE -> given;
        case INTEGER -> LongNode.valueOf(Long.parseLong(text));
        case NUMBER -> DoubleNode.valueOf(Double.parseDouble(text));
        case BOOLEAN ->
            text.equals("true") || text.equals("false")
                ? BooleanNode.valueOf(text.equals("true"))
                : given;
      };
    } catch (NumberFormatException e) {
      return given;
    }
  }
}
