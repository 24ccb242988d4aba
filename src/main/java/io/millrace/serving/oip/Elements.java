package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import io.millrace.base.InvalidInput;
import io.millrace.models.Field;
import io.millrace.models.HalfNumbers;
import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * Reads the data of one input, flat or nested as its shape says, into the array that its datatype
 * has. Whole numbers never pass through floating point. Nothing is allocated for elements that a
 * request of this size cannot hold: n of them take 2n - 1 bytes, with the commas between them.
 */
final class Elements {
  private static final BigInteger MOST_UINT64 =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private final JsonParser parser;
  private final Field field;
  private final long[] shape;
  private final long expected;
  private final int capacity;
  private final Object data;
  private long count;

  Elements(JsonParser parser, Field field, long[] shape, long expected, int bytes) {
    this.parser = parser;
    this.field = field;
    this.shape = shape;
    this.expected = expected;
    this.capacity = (int) Math.min(expected, (bytes + 1L) / 2);
    this.data = Array.newInstance(field.datatype().carrier().getComponentType(), capacity);
  }

  /** An array of as many elements as the shape says. */
  Object read() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY)
      throw invalid("data: got %s, expected a list".formatted(Tokens.shown(parser)));
    if (parser.nextToken() == JsonToken.START_ARRAY && shape.length > 1) nested(0);
    else flat();
    if (count != expected) {
      throw invalid(
          "got %d elements, expected %d for shape %s"
              .formatted(count, expected, Arrays.toString(shape)));
    }
    return data;
  }

  /** Stands at the first element, or at the end of an empty list. */
  private void flat() throws IOException {
    for (var token = parser.currentToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) element(token);
  }

  /** Stands after the beginning of the list of one dimension; leaves at its end. */
  private void nested(int dimension) throws IOException {
    long size = 0;
    for (var token = parser.currentToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken(), size++) {
      if (dimension == shape.length - 1) {
        element(token);
        continue;
      }
      if (token != JsonToken.START_ARRAY) {
        throw invalid(
            "data: got %s at depth %d, expected lists nested as shape %s says, or one flat list"
                .formatted(Tokens.shown(parser), dimension + 1, Arrays.toString(shape)));
      }
      parser.nextToken();
      nested(dimension + 1);
    }
    if (size != shape[dimension]) {
      throw invalid(
          "data: got a list of %d at depth %d, expected %d for shape %s"
              .formatted(size, dimension + 1, shape[dimension], Arrays.toString(shape)));
    }
  }

  private void element(JsonToken token) throws IOException {
    if (token == JsonToken.START_ARRAY || token == JsonToken.START_OBJECT)
      throw wrong("a single value");
    if (count < capacity) store((int) count, token);
    count++;
  }

  private void store(int at, JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_NULL && !missing(at)) {
      throw wrong("a value: this input may not be missing");
    }
    if (token == JsonToken.VALUE_NULL) return;
    switch (field.datatype()) {
      case BOOL -> ((boolean[]) data)[at] = flag(token);
      case INT8 -> ((byte[]) data)[at] = (byte) whole(token, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case UINT8 -> ((byte[]) data)[at] = (byte) whole(token, 0, 0xFF);
      case INT16 -> ((short[]) data)[at] = (short) whole(token, Short.MIN_VALUE, Short.MAX_VALUE);
      case UINT16 -> ((short[]) data)[at] = (short) whole(token, 0, 0xFFFF);
      case INT32 -> ((int[]) data)[at] = (int) whole(token, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT32 -> ((int[]) data)[at] = (int) whole(token, 0, 0xFFFF_FFFFL);
      case INT64 -> ((long[]) data)[at] = whole(token, Long.MIN_VALUE, Long.MAX_VALUE);
      case UINT64 -> ((long[]) data)[at] = unsigned(token);
      case FP32 -> ((float[]) data)[at] = single(token);
      case FP64 -> ((double[]) data)[at] = number(token);
      case BYTES -> ((String[]) data)[at] = text(token);
      case FP16, BF16 -> ((short[]) data)[at] = half(token);
    }
  }

  /** Stores what stands for a missing value; false where the datatype or the signature has none. */
  private boolean missing(int at) {
    return switch (field.datatype()) {
      case FP32 -> {
        ((float[]) data)[at] = Float.NaN;
        yield true;
      }
      case FP64 -> {
        ((double[]) data)[at] = Double.NaN;
        yield true;
      }
      case FP16, BF16 -> {
        ((short[]) data)[at] = HalfNumbers.of(field.datatype(), Double.NaN);
        yield true;
      }
      case BYTES -> {
        ((String[]) data)[at] = "";
        yield field.nullable();
      }
      case BOOL, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> false;
    };
  }

  private boolean flag(JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE)
      throw wrong("true or false");
    return token == JsonToken.VALUE_TRUE;
  }

  private long whole(JsonToken token, long least, long most) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) throw wrong("a whole number");
    try {
      long value = parser.getLongValue();
      if (least <= value && value <= most) return value;
    } catch (InputCoercionException e) {
      // beyond 64 bits: out of range as well
    }
    throw wrong("a whole number from %d to %d".formatted(least, most));
  }

  private long unsigned(JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) throw wrong("a whole number");
    var value = parser.getBigIntegerValue();
    if (value.signum() < 0 || value.compareTo(MOST_UINT64) > 0)
      throw wrong("a whole number from 0 to " + MOST_UINT64);
    return value.longValue();
  }

  /** The nearest one, as with the other numbers that have a fraction. */
  private short half(JsonToken token) throws IOException {
    if (!token.isNumeric()) throw wrong("a number");
    short value = HalfNumbers.of(field.datatype(), parser.getDoubleValue());
    if (!Float.isFinite(HalfNumbers.value(field.datatype(), value))) throw notFinite();
    return value;
  }

  private float single(JsonToken token) throws IOException {
    if (!token.isNumeric()) throw wrong("a number");
    float value = parser.getFloatValue();
    if (!Float.isFinite(value)) throw notFinite();
    return value;
  }

  private double number(JsonToken token) throws IOException {
    if (!token.isNumeric()) throw wrong("a number");
    double value = parser.getDoubleValue();
    if (!Double.isFinite(value)) throw notFinite();
    return value;
  }

  private String text(JsonToken token) throws IOException {
    if (token != JsonToken.VALUE_STRING) throw wrong("a text");
    var text = parser.getText();
    if (text.indexOf('\0') >= 0)
      throw invalid(
          "element %d: got a text with a NUL character, which the runtime would cut"
              .formatted(count));
    if (hasHalfACharacter(text))
      throw invalid(
          "element %d: got a text with half a character (one \\uD800 to \\uDFFF without its other half)"
              .formatted(count));
    return text;
  }

  /** Only JSON can say such a thing, and no other wire could give it back. */
  private static boolean hasHalfACharacter(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) continue;
      if (!Character.isHighSurrogate(text.charAt(i))
          || i + 1 == text.length()
          || !Character.isLowSurrogate(text.charAt(++i))) return true;
    }
    return false;
  }

  private InvalidInput notFinite() throws IOException {
    if (Tokens.isNotJson(parser)) {
      return invalid(
          "element %d: got %s, which is not JSON; write null for a missing number"
              .formatted(count, parser.getText()));
    }
    return wrong("a number within the range of " + field.datatype());
  }

  private InvalidInput wrong(String expected) throws IOException {
    return invalid(
        "element %d: got %s, expected %s".formatted(count, Tokens.shown(parser), expected));
  }

  private InvalidInput invalid(String message) {
    return new InvalidInput("input \"%s\": %s".formatted(field.name(), message));
  }
}
