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
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one input of a request: checks its name, datatype and shape, then its data as they are. */
final class TensorReader {
  private final JsonParser parser;
  private final Signature signature;
  private final int bytes;
  private final BinaryData binary;
  private final int index;
  private @Nullable Parameters parameters;
  private @Nullable Field field;
  private @Nullable DataType datatype;
  private long @Nullable [] shape;

  /**
   * @param bytes how large the whole request is: no data can have more elements than that
   * @param binary where the data is of an input that has none in the JSON
   * @param index the input's place in the list, to name it by until its name is read
   */
  TensorReader(JsonParser parser, Signature signature, int bytes, BinaryData binary, int index) {
    this.parser = parser;
    this.signature = signature;
    this.bytes = bytes;
    this.binary = binary;
    this.index = index;
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
        case "parameters" -> parameters = Parameters.read(parser, place());
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
    var known = checked();
    long size =
        parameters == null
            ? -1
            : parameters.whole(Parameters.BINARY_DATA_SIZE, 0, Integer.MAX_VALUE);
    if (size >= 0) {
      if (data != null)
        throw new InvalidInput(
            place() + " has both \"data\" and the parameter \"binary_data_size\": expected one");
      data = RawTensors.read(place(), known.datatype(), sizes(), binary.take(place(), size));
    } else if (data == null) throw new InvalidInput(place() + " has no \"data\"");
    else if (parameters != null && parameters.isBase64() && data instanceof String[] texts)
      decode(texts);
    return new Tensor(known.name(), known.datatype(), TensorFit.served(known, sizes()), data);
  }

  private void decode(String[] texts) {
    for (int i = 0; i < texts.length; i++) {
      byte[] decoded;
      try {
        decoded = Base64.getDecoder().decode(texts[i]);
      } catch (IllegalArgumentException e) {
        throw new InvalidInput(
            "%s: element %d is not base64, which its parameter content_type says it is: %s"
                .formatted(place(), i, e.getMessage()));
      }
      texts[i] = RawTensors.text(place(), i, ByteBuffer.wrap(decoded));
    }
  }

  private Field field() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) throw wrong("name", "a text");
    return signature.input(parser.getText());
  }

  private DataType datatype() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) throw wrong("datatype", "a text");
    return TensorFit.datatype(place(), parser.getText());
  }

  private long[] shape() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("shape", "a list of sizes");
    var sizes = new long[4];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw wrong("shape", "sizes of 0 or more");
      }
      if (count == sizes.length) sizes = Arrays.copyOf(sizes, 2 * count);
      sizes[count++] = parser.getLongValue();
    }
    return Arrays.copyOf(sizes, count);
  }

  private TokenBuffer kept() throws IOException {
    var buffer = new TokenBuffer(parser);
    buffer.copyCurrentStructure(parser);
    return buffer;
  }

  private Object data(JsonParser from) throws IOException {
    var known = checked();
    var sizes = sizes();
    return new Elements(from, known, sizes, Tensor.elements(known.name(), sizes), bytes).read();
  }

  private long[] sizes() {
    return shape == null ? new long[0] : shape;
  }

  /** The signature's field, once name, datatype and shape are known to fit it. */
  private Field checked() {
    if (field == null) throw new InvalidInput("%s has no \"name\"".formatted(where()));
    if (datatype == null)
      throw new InvalidInput(
          "%s has no \"datatype\", expected %s".formatted(place(), field.datatype()));
    if (shape == null)
      throw new InvalidInput(
          "%s has no \"shape\", expected %s".formatted(place(), TensorFit.expected(field.shape())));
    TensorFit.check(field, datatype, shape);
    return field;
  }

  private String place() {
    return field == null ? where() : TensorFit.place(field);
  }

  private String where() {
    return "inputs[%d]".formatted(index);
  }

  private InvalidInput wrong(String expected) throws IOException {
    return new InvalidInput(
        "%s: got %s, expected %s".formatted(where(), Tokens.shown(parser), expected));
  }

  private InvalidInput wrong(String part, String expected) throws IOException {
    return new InvalidInput(
        "%s: %s: got %s, expected %s".formatted(place(), part, Tokens.shown(parser), expected));
  }
}
