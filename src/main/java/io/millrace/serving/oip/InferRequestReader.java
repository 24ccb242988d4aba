package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.InferRequest;
import io.millrace.serving.RequestedOutput;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of an infer request straight into arrays, without a tree in between: JSON, and
 * after it the bytes of those inputs that are not in the JSON. Whatever does not fit the model's
 * signature is refused with the input's name, what was got and what is expected.
 */
final class InferRequestReader {
  /** NaN and Infinity are let through the parser only so that they can be refused by name. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build())
          .build();

  private static final Set<String> KEYS = Set.of("id", "inputs", "outputs", "parameters");

  /** Sent by KServe's client beside the path, which decides. */
  private static final Set<String> IGNORED = Set.of("model_name", "model_version");

  private final JsonParser parser;
  private final Signature signature;
  private final int bytes;
  private final BinaryData binary;

  private InferRequestReader(JsonParser parser, Signature signature, int bytes, BinaryData binary) {
    this.parser = parser;
    this.signature = signature;
    this.bytes = bytes;
    this.binary = binary;
  }

  /**
   * @param jsonHeader the value of Inference-Header-Content-Length; null for a body that is all
   *     JSON
   */
  static InferRequest read(byte[] body, @Nullable String jsonHeader, Signature signature) {
    int length = BinaryData.jsonLength(jsonHeader, body.length);
    if (jsonHeader != null && length == 0) return RawRequest.read(body, signature);
    if (body.length == 0) throw new InvalidInput("the body is empty, expected {\"inputs\": [...]}");
    try (var parser = JSON.createParser(body, 0, length)) {
      return new InferRequestReader(parser, signature, length, BinaryData.after(body, length))
          .request();
    } catch (JsonProcessingException e) {
      throw Json.invalid(e);
    } catch (CharConversionException e) {
      throw Json.invalid(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private InferRequest request() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT)
      throw wrong("the request", "an object with the key \"inputs\"");
    @Nullable String id = null;
    @Nullable List<Tensor> inputs = null;
    List<RequestedOutput> outputs = List.of();
    var parameters = Parameters.none("the request");
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "id" -> id = text("id");
        case "inputs" -> inputs = inputs();
        case "outputs" -> outputs = outputs();
        case "parameters" -> parameters = Parameters.read(parser, "the request");
        default -> {
          if (!IGNORED.contains(key)) throw unknown("the request", key, KEYS);
          parser.skipChildren();
        }
      }
    }
    if (parser.nextToken() != null) throw wrong("after the request", "the end of the body");
    if (inputs == null)
      throw new InvalidInput(
          "the request has no \"inputs\", expected a list with "
              + GivenInputs.listed(signature.inputs()));
    binary.end();
    parameters.checkRequest();
    return new InferRequest(id, parameters.values(), inputs, outputs);
  }

  private List<Tensor> inputs() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("inputs", "a list");
    var given = new GivenInputs(signature);
    for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++)
      given.add(new TensorReader(parser, signature, bytes, binary, index).tensor());
    return given.list();
  }

  private List<RequestedOutput> outputs() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("outputs", "a list");
    var wanted = new RequestedOutputs(signature);
    for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++)
      output("outputs[" + index + "]", wanted);
    return wanted.list();
  }

  private void output(String where, RequestedOutputs wanted) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT)
      throw wrong(where, "an object with the key \"name\"");
    @Nullable String name = null;
    var parameters = Parameters.none(where);
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "name" -> name = text(where + ".name");
        case "parameters" -> parameters = Parameters.read(parser, where);
        default -> throw unknown(where, key, Set.of("name", "parameters"));
      }
    }
    if (name == null) throw new InvalidInput(where + " has no \"name\"");
    wanted.add(name, parameters);
  }

  private String text(String where) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) throw wrong(where, "a text");
    return parser.getText();
  }

  private InvalidInput wrong(String where, String expected) throws IOException {
    return new InvalidInput(
        "%s: got %s, expected %s".formatted(where, Tokens.shown(parser), expected));
  }

  static InvalidInput unknown(String where, String key, Set<String> valid) {
    return new InvalidInput(
        "%s has an unknown key \"%s\"%s".formatted(where, key, Names.suggestion(key, valid)));
  }
}
