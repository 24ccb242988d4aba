package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The protocol's free parameters of a request, an input or an output: a name, and a text, number or
 * truth value. Those that nobody here knows are passed over; those that say the data lies elsewhere
 * are refused.
 */
final class Parameters {
  static final String BINARY_DATA = "binary_data";
  static final String BINARY_DATA_OUTPUT = "binary_data_output";
  static final String BINARY_DATA_SIZE = "binary_data_size";
  static final String CLASSIFICATION = "classification";
  static final String CONTENT_TYPE = "content_type";
  static final String EMPTY_FINAL_RESPONSE = "triton_enable_empty_final_response";

  private static final String RESERVED = "triton_";

  private final String where;
  private final Map<String, Object> values;

  /**
   * @param values each a String, Long, Double, BigInteger or Boolean
   */
  Parameters(String where, Map<String, Object> values) {
    this.where = where;
    this.values = values;
    for (var key : values.keySet()) {
      if (key.startsWith("shared_memory_"))
        throw new Unsupported(
            "%s is in shared memory, which is not supported: send its data in the request"
                .formatted(where));
      if (key.startsWith(RESERVED) && !key.equals(EMPTY_FINAL_RESPONSE))
        throw new InvalidInput(
            "parameter \"%s\" of %s: names that begin with \"%s\" are reserved: use another"
                .formatted(key, where, RESERVED));
    }
  }

  static Parameters none(String where) {
    return new Parameters(where, Map.of());
  }

  static Parameters read(JsonParser parser, String where) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) return none(where);
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new InvalidInput(
          "parameters of %s: got %s, expected an object".formatted(where, Tokens.shown(parser)));
    }
    var values = new LinkedHashMap<String, Object>();
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      values.put(key, value(parser, key, where));
    }
    return new Parameters(where, values);
  }

  private static Object value(JsonParser parser, String key, String where) throws IOException {
    return switch (parser.nextToken()) {
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? parser.getBigIntegerValue()
              : (Object) parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case START_OBJECT,
          START_ARRAY,
          VALUE_NULL,
          END_OBJECT,
          END_ARRAY,
          FIELD_NAME,
          VALUE_EMBEDDED_OBJECT,
          NOT_AVAILABLE ->
          throw new InvalidInput(
              "parameter \"%s\" of %s: got %s, expected a text, a number or a truth value"
                  .formatted(key, where, Tokens.shown(parser)));
    };
  }

  Map<String, Object> values() {
    return values;
  }

  @Nullable Boolean flag(String key) {
    var value = values.get(key);
    if (value == null || value instanceof Boolean) return (Boolean) value;
    throw wrong(key, value, "true or false");
  }

  /** A whole number from least to most; -1 if it is not given. */
  long whole(String key, long least, long most) {
    var value = values.get(key);
    if (value == null) return -1;
    if (value instanceof Long number && least <= number && number <= most) return number;
    throw wrong(key, value, "a whole number from %d to %d".formatted(least, most));
  }

  /** Checks what a request says of itself by Triton's names, whether it is heeded here or not. */
  void checkRequest() {
    if (values.isEmpty()) return;
    for (var key : List.of(BINARY_DATA_OUTPUT, "sequence_start", "sequence_end")) flag(key);
    for (var key : List.of("timeout", "priority")) whole(key, 0, Long.MAX_VALUE);
    var sequence = values.get("sequence_id");
    if (sequence != null && !(sequence instanceof String)) whole("sequence_id", 0, Long.MAX_VALUE);
  }

  /** How many classes an output shall give; 0 if it is not given. */
  int classes() {
    return (int) Math.max(0, whole(CLASSIFICATION, 1, Integer.MAX_VALUE));
  }

  /** Whether texts are base64 of what they mean, as MLServer's codecs say it. */
  boolean isBase64() {
    return "base64".equals(values.get(CONTENT_TYPE));
  }

  private InvalidInput wrong(String key, Object got, String expected) {
    return new InvalidInput(
        "parameter \"%s\" of %s: got %s, expected %s"
            .formatted(key, where, got instanceof String ? "a text" : got, expected));
  }
}
