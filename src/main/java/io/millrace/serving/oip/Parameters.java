package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import java.io.IOException;

/**
 * The protocol's free parameters: a name, and a text, number or truth value. Those that only ask
 * for a faster wire are passed over, since JSON is always a right answer; those that would change
 * what the answer says, or say where the data is, are refused.
 */
final class Parameters {
  private Parameters() {}

  static void read(JsonParser parser, String where) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) return;
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new InvalidInput(
          "parameters of %s: got %s, expected an object".formatted(where, Tokens.shown(parser)));
    }
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      var token = parser.nextToken();
      if (token == JsonToken.START_OBJECT
          || token == JsonToken.START_ARRAY
          || token == JsonToken.VALUE_NULL) {
        throw new InvalidInput(
            "parameter \"%s\" of %s: got %s, expected a text, a number or a truth value"
                .formatted(key, where, Tokens.shown(parser)));
      }
      switch (key) {
        case "binary_data_size" ->
            throw new Unsupported(
                "%s is sent as binary data, which is not supported yet: send its data as JSON"
                    .formatted(where));
        case "classification" ->
            throw new Unsupported(
                "parameter \"classification\" of %s is not supported yet: ask for the plain output"
                    .formatted(where));
        case "shared_memory_region" ->
            throw new Unsupported(
                "%s is in shared memory, which is not supported: send its data as JSON"
                    .formatted(where));
        default -> {}
      }
    }
  }
}
