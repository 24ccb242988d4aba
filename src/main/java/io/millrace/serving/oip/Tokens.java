package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Tells people what stands in a document. */
final class Tokens {
  private static final int MOST_SHOWN = 40;

  private Tokens() {}

  static String shown(JsonParser parser) throws IOException {
    var token = parser.currentToken();
    if (token == null) return "nothing";
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> "the text \"" + cut(parser.getText()) + "\"";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE, VALUE_NULL ->
          cut(parser.getText());
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> token.name();
    };
  }

  /** Whether this is a word such as NaN that JSON does not have. */
  static boolean isNotJson(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_FLOAT) return false;
    var text = parser.getText();
    return text.contains("N") || text.contains("I");
  }

  private static String cut(String text) {
    return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "...";
  }
}
