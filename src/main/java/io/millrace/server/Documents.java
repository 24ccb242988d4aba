package io.millrace.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says what is wrong with a JSON body in the words of its sender, who knows keys and values, not
 * our classes.
 */
final class Documents {
  private Documents() {}

  static Failure wrong(JsonProcessingException e) {
    if (e instanceof JsonMappingException && e.getCause() instanceof Failure refused)
      return refused;
    return switch (e) {
      case UnrecognizedPropertyException unknown -> {
        Collection<Object> known =
            unknown.getKnownPropertyIds() == null ? List.of() : unknown.getKnownPropertyIds();
        yield new InvalidInput(
            "JSON%s: unknown key \"%s\"%s"
                .formatted(
                    at(e),
                    unknown.getPropertyName(),
                    Names.suggestion(
                        unknown.getPropertyName(), known.stream().map(String::valueOf).toList())));
      }
      case MismatchedInputException mismatch ->
          new InvalidInput(
              "JSON%s: %s, expected %s"
                  .formatted(at(e), place(mismatch), kind(mismatch.getTargetType())));
      default -> Json.invalid(e);
    };
  }

  private static String at(JsonProcessingException e) {
    var place = e.getLocation();
    return place == null || place.getLineNr() < 0
        ? ""
        : " at line %d, column %d".formatted(place.getLineNr(), place.getColumnNr());
  }

  private static String place(JsonMappingException e) {
    var path = new StringBuilder();
    for (var part : e.getPath()) {
      if (part.getFieldName() == null) path.append('[').append(part.getIndex()).append(']');
      else path.append(path.isEmpty() ? "" : ".").append(part.getFieldName());
    }
    return path.isEmpty()
        ? "the body does not have the form that is needed"
        : "the value of \"%s\" does not have the form that is needed".formatted(path);
  }

  private static String kind(@Nullable Class<?> type) {
    if (type == null) return "an object";
    if (CharSequence.class.isAssignableFrom(type)) return "a text";
    if (type == boolean.class || type == Boolean.class) return "true or false";
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class)
      return "a whole number";
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) return "a number";
    if (type.isArray() || Collection.class.isAssignableFrom(type)) return "a list";
    return "an object";
  }
}
