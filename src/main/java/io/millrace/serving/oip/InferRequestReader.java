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
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of an infer request straight into arrays, without a tree in between. Whatever does
 * not fit the model's signature is refused with the input's name, what was got and what is
 * expected.
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

  private InferRequestReader(JsonParser parser, Signature signature, int bytes) {
    this.parser = parser;
    this.signature = signature;
    this.bytes = bytes;
  }

  static InferRequest read(byte[] body, Signature signature) {
    if (body.length == 0) throw new InvalidInput("the body is empty, expected {\"inputs\": [...]}");
    try (var parser = JSON.createParser(body)) {
      return new InferRequestReader(parser, signature, body.length).request();
    } catch (JsonProcessingException e) {
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
    List<String> outputs = List.of();
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "id" -> id = text("id");
        case "inputs" -> inputs = inputs();
        case "outputs" -> outputs = outputs();
        case "parameters" -> Parameters.read(parser, "the request");
        default -> {
          if (!IGNORED.contains(key)) throw unknown("the request", key, KEYS);
          parser.skipChildren();
        }
      }
    }
    if (parser.nextToken() != null) throw wrong("after the request", "the end of the body");
    if (inputs == null)
      throw new InvalidInput(
          "the request has no \"inputs\", expected a list with " + listed(signature.inputs()));
    return new InferRequest(id, inputs, outputs);
  }

  private List<Tensor> inputs() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("inputs", "a list");
    var given = new LinkedHashMap<String, Tensor>();
    for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
      var tensor = new TensorReader(parser, signature, bytes, index).tensor();
      if (given.putIfAbsent(tensor.name(), tensor) != null) {
        throw new InvalidInput("input \"%s\" is given twice".formatted(tensor.name()));
      }
    }
    var missing =
        signature.inputs().stream().filter(field -> !given.containsKey(field.name())).toList();
    if (!missing.isEmpty()) {
      throw new InvalidInput(
          "%s missing: expected %s"
              .formatted(missing.size() == 1 ? "an input is" : "inputs are", listed(missing)));
    }
    return signature.inputs().stream().map(field -> given.get(field.name())).toList();
  }

  private List<String> outputs() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) throw wrong("outputs", "a list");
    var wanted = new ArrayList<String>();
    for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
      var name = output("outputs[%d]".formatted(index));
      if (wanted.contains(name))
        throw new InvalidInput("output \"%s\" is requested twice".formatted(name));
      wanted.add(name);
    }
    return wanted;
  }

  private String output(String where) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT)
      throw wrong(where, "an object with the key \"name\"");
    @Nullable String name = null;
    for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "name" -> name = text(where + ".name");
        case "parameters" -> Parameters.read(parser, where);
        default -> throw unknown(where, key, Set.of("name", "parameters"));
      }
    }
    if (name == null) throw new InvalidInput(where + " has no \"name\"");
    if (signature.findOutput(name).isEmpty()) {
      throw new InvalidInput(
          "the model has no output \"%s\"%s"
              .formatted(name, Names.suggestion(name, signature.outputNames())));
    }
    return name;
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

  private static String listed(List<Field> fields) {
    return String.join(
        ", ",
        fields.stream()
            .map(field ->
                "\"%s\" (%s, shape %s)".formatted(field.name(), field.datatype(), field.shape()))
            .toList());
  }
}
