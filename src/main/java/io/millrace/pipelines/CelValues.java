package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.primitives.UnsignedLong;
import dev.cel.common.values.NullValue;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Values on their way between JSON and CEL. */
final class CelValues {
  private CelValues() {}

  static Object java(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> value.textValue();
      case BOOLEAN -> value.booleanValue();
      case NUMBER ->
          value.isIntegralNumber() ? (Object) value.longValue() : (Object) value.doubleValue();
      case ARRAY -> {
        var list = new ArrayList<Object>();
        value.forEach(element -> list.add(java(element)));
        yield list;
      }
      case OBJECT -> {
        var map = new TreeMap<String, Object>();
        value.properties().forEach(entry -> map.put(entry.getKey(), java(entry.getValue())));
        yield map;
      }
      case NULL, MISSING -> NullValue.NULL_VALUE;
      case BINARY, POJO ->
          throw new IllegalArgumentException("no plain value: " + value.getNodeType());
    };
  }

  /** InvalidInput for a value that JSON has no form for. */
  static JsonNode json(Object value) {
    return switch (value) {
      case Boolean truth -> BooleanNode.valueOf(truth);
      case Long whole -> LongNode.valueOf(whole);
      case UnsignedLong whole when whole.longValue() >= 0 -> LongNode.valueOf(whole.longValue());
      case Double number when Double.isFinite(number) -> DoubleNode.valueOf(number);
      case String text -> TextNode.valueOf(text);
      case NullValue _ -> NullNode.getInstance();
      case List<?> list -> {
        var array = Json.array();
        list.forEach(element -> array.add(json(element)));
        yield array;
      }
      case Map<?, ?> map -> {
        var object = Json.object();
        map.forEach((key, element) -> object.set(String.valueOf(key), json(element)));
        yield object;
      }
      default ->
          throw new InvalidInput(
              "the expression gives %s, which is no text, finite number, truth value, list or map"
                  .formatted(value));
    };
  }
}
