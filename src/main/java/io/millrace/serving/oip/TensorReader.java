package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one input of a request: checks its name, datatype and shape, then its data as they are. */
final class TensorReader {
  private final JsonParser parser;
  private final Signature signature;
  private final int bytes;
  private final String where;
  private @Nullable Field field;
  private @Nullable DataType datatype;
  private long @Nullable [] shape;

  /**
   * @param bytes how large the whole request is: no data can have more elements than that
   * @param index the input's place in the list, to name it by until its name is read
   */
  TensorReader(JsonParser parser, Signature signature, int bytes, int index) {
    this.parser = parser;
    this.signature = signature;
    this.bytes = bytes;
    this.where = "inputs[%d]".formatted(index);
  }

  Tensor tensor() throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT)
      throw wrong("an object with name, datatype, shape and data");
    @Nullable Object data = null;
    @Nullable TokenBuffer early = null;
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "name" -> field = field();
        case "datatype" -> datatype = datatype();
        case "shape" -> shape = shape();
        case "parameters" -> Parameters.read(parser, place());
        case "data" -> {
          if (field != null && datatype != null && shape != null) data = data(parser);
          else early = kept();
        }
        default ->
            throw InferRequestReader.unknown(
                place(), key, Set.of("name", "datatype", "shape", "parameters", "data"));
      }
    }
    if (early != null) {
      try (var late = early.asParser(parser)) {
        late.nextToken();
        data = data(late);
      }
    }
    if (data == null) {
      checked();
      throw new InvalidInput(place() + " has no \"data\"");
    }
    var known = checked();
    return new Tensor(known.name(), known.datatype(), served(known), data);
  }

  private Field field() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) throw wrong("name", "a text");
    return signature.input(parser.getText());
  }

  private DataType datatype() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) throw wrong("datatype", "a text");
    try {
      return DataType.named(parser.getText());
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s".formatted(place(), e.getMessage()));
    }
  }

  private long[] shape() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("shape", "a list of sizes");
    var sizes = new ArrayList<Long>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw wrong("shape", "sizes of 0 or more");
      }
      sizes.add(parser.getLongValue());
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  private TokenBuffer kept() throws IOException {
    var buffer = new TokenBuffer(parser);
    buffer.copyCurrentStructure(parser);
    return buffer;
  }

  private Object data(JsonParser from) throws IOException {
    var known = checked();
    var sizes = shape == null ? new long[0] : shape;
    return new Elements(from, known, sizes, Tensor.elements(known.name(), sizes), bytes).read();
  }

  /** The signature's field, once name, datatype and shape are known to fit it. */
  private Field checked() {
    if (field == null) throw new InvalidInput("%s has no \"name\"".formatted(where));
    if (datatype == null)
      throw new InvalidInput(
          "%s has no \"datatype\", expected %s".formatted(place(), field.datatype()));
    if (shape == null)
      throw new InvalidInput(
          "%s has no \"shape\", expected %s".formatted(place(), expected(field.shape())));
    if (datatype == DataType.FP16 || datatype == DataType.BF16) {
      throw new InvalidInput(
          "%s: %s has no form in JSON; this model takes %s"
              .formatted(place(), datatype, field.datatype()));
    }
    if (datatype != field.datatype()) {
      throw new InvalidInput(
          "%s: got datatype %s, expected %s".formatted(place(), datatype, field.datatype()));
    }
    if (!fits(shape, field.shape())) {
      throw new InvalidInput(
          "%s: got shape %s, expected %s"
              .formatted(place(), Arrays.toString(shape), expected(field.shape())));
    }
    return field;
  }

  private static boolean fits(long[] got, List<Long> expected) {
    if (expected.isEmpty() || isSingleColumn(got, expected)) return true;
    if (got.length != expected.size()) return false;
    for (int i = 0; i < got.length; i++) {
      if (expected.get(i) >= 0 && expected.get(i) != got[i]) return false;
    }
    return true;
  }

  /** Clients that stack columns send [N, 1] where the model says [N]. */
  private static boolean isSingleColumn(long[] got, List<Long> expected) {
    return expected.size() == 1
        && got.length == 2
        && got[1] == 1
        && (expected.getFirst() < 0 || expected.getFirst() == got[0]);
  }

  private long[] served(Field known) {
    var sizes = shape == null ? new long[0] : shape;
    return isSingleColumn(sizes, known.shape()) ? new long[] {sizes[0]} : sizes;
  }

  private static String expected(List<Long> shape) {
    return shape + (shape.contains(-1L) ? " where -1 is any size" : "");
  }

  private String place() {
    return field == null ? where : "input \"%s\"".formatted(field.name());
  }

  private InvalidInput wrong(String expected) throws IOException {
    return new InvalidInput(
        "%s: got %s, expected %s".formatted(where, Tokens.shown(parser), expected));
  }

  private InvalidInput wrong(String part, String expected) throws IOException {
    return new InvalidInput(
        "%s: %s: got %s, expected %s".formatted(place(), part, Tokens.shown(parser), expected));
  }
}
